/// Any `Encodable` to a `ParameterValue`, and from there to JSON: keeps ints, doubles and NaN apart, which Foundation's
/// JSON coders do not, and needs no Foundation.
package enum JSONCoding {
    package static func value(of encodable: some Encodable) throws -> ParameterValue {
        try ValueEncoder.box(encodable)
    }

    /// One line of JSON, without the line feed.
    package static func encode(_ encodable: some Encodable) throws -> [UInt8] { try value(of: encodable).jsonBytes() }

    package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        try decode(type, from: JSONParser.parse(bytes))
    }

    package static func decode<T: Decodable>(_ type: T.Type, from value: ParameterValue) throws -> T {
        try T(from: ValueDecoder(value: value))
    }
}

extension ParameterValue: Codable {
    package func encode(to encoder: any Encoder) throws {
        guard let encoder = encoder as? ValueEncoder else {
            throw EncodingError.invalidValue(
                self, .init(codingPath: encoder.codingPath, debugDescription: "parameter values need JSONCoding"))
        }
        encoder.result = self
    }

    package init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? ValueDecoder else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "parameter values need JSONCoding"))
        }
        self = decoder.value
    }
}

/// A list of members is written as a JSON object, in its order.
extension KeyedEncodingContainer {
    package mutating func encodeParameters(_ parameters: Parameters, forKey key: Key) throws {
        try encode(ParameterValue.object(parameters), forKey: key)
    }
}

extension KeyedDecodingContainer {
    package func decodeParameters(forKey key: Key) throws -> Parameters {
        guard let members = try decode(ParameterValue.self, forKey: key).members else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "an object is expected")
        }
        return members
    }
}

/// Holds what its containers fill. Single-threaded: lives for one call of `JSONCoding.value`.
final class ValueEncoder: Encoder {
    private enum Storage {
        case single(ParameterValue)
        case keyed([ParameterValue.Member])
        case list([ParameterValue])
    }

    private var storage = Storage.single(.null)
    /// Parts that are filled through nested containers, by their index; null stands in `storage` for each.
    private var nested: [(index: Int, encoder: ValueEncoder)] = []

    /// Not kept: nothing on the way of a value fails, so nobody asks where it was.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    var result: ParameterValue {
        get {
            switch storage {
            case .single(let value): return value
            case .keyed(var members):
                for part in nested { members[part.index].value = part.encoder.result }
                return .object(members)
            case .list(var elements):
                for part in nested { elements[part.index] = part.encoder.result }
                return .list(elements)
            }
        }
        set { storage = .single(newValue) }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .keyed = storage {} else { storage = .keyed([]) }
        return KeyedEncodingContainer(KeyedValueEncoder<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .list = storage {} else { storage = .list([]) }
        return UnkeyedValueEncoder(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleValueEncoder(encoder: self) }

    static func box<T: Encodable>(_ value: T) throws -> ParameterValue {
        // The type is asked first: a cast that fails is slow, and for most values all of these would.
        if T.self == ParameterValue.self, let value = value as? ParameterValue { return value }
        if T.self == String.self, let value = value as? String { return .string(value) }
        if T.self == Int.self, let value = value as? Int { return .int(value) }
        if T.self == Double.self, let value = value as? Double { return .double(value) }
        if T.self == Bool.self, let value = value as? Bool { return .bool(value) }
        if T.self == Int64.self, let value = value as? Int64 { return .int(Int(value)) }
        if T.self == Int32.self, let value = value as? Int32 { return .int(Int(value)) }
        if T.self == [String: Double].self, let value = value as? [String: Double] {
            return .object(value.sorted { $0.key < $1.key }.map { .init($0.key, .double($0.value)) })
        }
        if T.self == [String: String].self, let value = value as? [String: String] {
            return .object(value.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
        }
        let encoder = ValueEncoder()
        try value.encode(to: encoder)
        return encoder.result
    }

    fileprivate var count: Int {
        switch storage {
        case .single: 0
        case .keyed(let members): members.count
        case .list(let elements): elements.count
        }
    }

    fileprivate func append(_ value: ParameterValue, key: String) {
        guard case .keyed(var members) = storage else { return }
        storage = .single(.null)
        members.append(.init(key, value))
        storage = .keyed(members)
    }

    fileprivate func append(_ value: ParameterValue) {
        guard case .list(var elements) = storage else { return }
        storage = .single(.null)
        elements.append(value)
        storage = .list(elements)
    }

    /// Fills the part that was just appended.
    fileprivate func nest() -> ValueEncoder {
        let encoder = ValueEncoder()
        nested.append((count - 1, encoder))
        return encoder
    }
}

private struct KeyedValueEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil(forKey key: Key) { encoder.append(.null, key: key.stringValue) }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        encoder.append(try ValueEncoder.box(value), key: key.stringValue)
    }

    func encode(_ value: String, forKey key: Key) { encoder.append(.string(value), key: key.stringValue) }

    func encode(_ value: Int, forKey key: Key) { encoder.append(.int(value), key: key.stringValue) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<
        Nested
    > {
        nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder }
    func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

    private func nested(_ key: Key) -> ValueEncoder {
        encodeNil(forKey: key)
        return encoder.nest()
    }
}

private struct UnkeyedValueEncoder: UnkeyedEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.count }

    func encodeNil() { encoder.append(.null) }

    func encode(_ value: some Encodable) throws { encoder.append(try ValueEncoder.box(value)) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        nested().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
    func superEncoder() -> any Encoder { nested() }

    private func nested() -> ValueEncoder {
        encodeNil()
        return encoder.nest()
    }
}

private struct SingleValueEncoder: SingleValueEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() { encoder.result = .null }

    func encode(_ value: some Encodable) throws { encoder.result = try ValueEncoder.box(value) }
}
