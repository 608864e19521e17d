/// Any `Encodable` to a `ParameterValue`, and from there to JSON: keeps ints, doubles and NaN apart, which Foundation's
/// JSON coders do not, and needs no Foundation.
package enum JSONCoding {
    package static func value(of encodable: some Encodable) throws -> ParameterValue {
        if let value = encodable as? ParameterValue { return value }
        let encoder = ValueEncoder(codingPath: [])
        try encodable.encode(to: encoder)
        return encoder.result
    }

    /// One line of JSON, without the line feed.
    package static func encode(_ encodable: some Encodable) throws -> [UInt8] { try value(of: encodable).jsonBytes() }

    package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        try decode(type, from: JSONParser.parse(bytes))
    }

    package static func decode<T: Decodable>(_ type: T.Type, from value: ParameterValue) throws -> T {
        try T(from: ValueDecoder(value: value, codingPath: []))
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
    /// A part of the value: done, or still being filled through a nested container.
    fileprivate enum Node {
        case value(ParameterValue)
        case encoder(ValueEncoder)

        var value: ParameterValue {
            switch self {
            case .value(let value): value
            case .encoder(let encoder): encoder.result
            }
        }
    }

    fileprivate enum Storage {
        case single(ParameterValue)
        case keyed([(key: String, node: Node)])
        case list([Node])
    }

    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    fileprivate var storage = Storage.single(.null)

    init(codingPath: [any CodingKey]) { self.codingPath = codingPath }

    var result: ParameterValue {
        get {
            switch storage {
            case .single(let value): value
            case .keyed(let members): .object(members.map { .init($0.key, $0.node.value) })
            case .list(let nodes): .list(nodes.map(\.value))
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

    static func box(_ value: some Encodable, path: [any CodingKey]) throws -> ParameterValue {
        switch value {
        case let value as ParameterValue: return value
        case let value as String: return .string(value)
        case let value as Int: return .int(value)
        case let value as Double: return .double(value)
        case let value as Bool: return .bool(value)
        case let value as Int64: return .int(Int(value))
        case let value as Int32: return .int(Int(value))
        case let value as [String: Double]:
            return .object(value.sorted { $0.key < $1.key }.map { .init($0.key, .double($0.value)) })
        case let value as [String: String]:
            return .object(value.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
        default:
            let encoder = ValueEncoder(codingPath: path)
            try value.encode(to: encoder)
            return encoder.result
        }
    }

    fileprivate func append(_ node: Node, key: String) {
        guard case .keyed(var members) = storage else { return }
        storage = .single(.null)
        members.append((key, node))
        storage = .keyed(members)
    }

    fileprivate func append(_ node: Node) {
        guard case .list(var nodes) = storage else { return }
        storage = .single(.null)
        nodes.append(node)
        storage = .list(nodes)
    }
}

private struct KeyedValueEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil(forKey key: Key) { encoder.append(.value(.null), key: key.stringValue) }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        encoder.append(.value(try ValueEncoder.box(value, path: codingPath + [key])), key: key.stringValue)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<
        Nested
    > {
        nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder }
    func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

    private func nested(_ key: Key) -> ValueEncoder {
        let nested = ValueEncoder(codingPath: codingPath + [key])
        encoder.append(.encoder(nested), key: key.stringValue)
        return nested
    }
}

private struct UnkeyedValueEncoder: UnkeyedEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int {
        if case .list(let nodes) = encoder.storage { nodes.count } else { 0 }
    }

    func encodeNil() { encoder.append(.value(.null)) }

    func encode(_ value: some Encodable) throws {
        encoder.append(.value(try ValueEncoder.box(value, path: codingPath)))
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        nested().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
    func superEncoder() -> any Encoder { nested() }

    private func nested() -> ValueEncoder {
        let nested = ValueEncoder(codingPath: codingPath)
        encoder.append(.encoder(nested))
        return nested
    }
}

private struct SingleValueEncoder: SingleValueEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() { encoder.result = .null }

    func encode(_ value: some Encodable) throws {
        encoder.result = try ValueEncoder.box(value, path: codingPath)
    }
}
