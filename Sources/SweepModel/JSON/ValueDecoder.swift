/// A `ParameterValue` to any `Decodable`. Unknown members are ignored; a whole double is taken for an int and an int for
/// a double, as JSON's readers do.
final class ValueDecoder: Decoder {
    let value: ParameterValue
    /// The way here, made into a path only when an error wants it.
    private let parent: ValueDecoder?
    private let key: (any CodingKey)?
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(value: ParameterValue, in parent: ValueDecoder? = nil, key: (any CodingKey)? = nil) {
        self.value = value
        self.parent = parent
        self.key = key
    }

    var codingPath: [any CodingKey] {
        let before = parent?.codingPath ?? []
        return key.map { before + [$0] } ?? before
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch("an object") }
        return KeyedDecodingContainer(KeyedValueDecoder<Key>(decoder: self, members: members))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let elements) = value else { throw mismatch("a list") }
        return UnkeyedValueDecoder(decoder: self, elements: elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleValueDecoder(decoder: self) }

    func mismatch(_ expected: String) -> DecodingError {
        let path = codingPath.map(\.stringValue).joined(separator: ".")
        return .dataCorrupted(
            .init(
                codingPath: codingPath,
                debugDescription: "\(path.isEmpty ? "the message" : "'\(path)'") should be \(expected)"))
    }

    /// Any value. Numbers of rare kinds go the long way, over their own `init(from:)` and `unbox`, so that nothing else
    /// pays for the question whether it is one.
    func decoded<T: Decodable>(_ type: T.Type) throws -> T {
        if type == ParameterValue.self, let value = value as? T { return value }
        if type == String.self || type == Int.self || type == Double.self || type == Bool.self {
            return try unbox(type)
        }
        if type == [String: Double].self, let numbers = try numbers() as? T { return numbers }
        return try T(from: self)
    }

    private func numbers() throws -> [String: Double] {
        guard case .object(let members) = value else { throw mismatch("an object") }
        var numbers: [String: Double] = [:]
        numbers.reserveCapacity(members.count)
        for member in members {
            guard let number = member.value.number else {
                throw ValueDecoder(value: member.value, in: self, key: MemberName(stringValue: member.key))
                    .mismatch("a number")
            }
            numbers[member.key] = number
        }
        return numbers
    }

    /// What decodes itself from a single value: a string, a truth value or a number.
    func unbox<T: Decodable>(_ type: T.Type) throws -> T {
        switch type {
        case is String.Type:
            guard case .string(let text) = value, let text = text as? T else { throw mismatch("a string") }
            return text
        case is Bool.Type:
            guard case .bool(let flag) = value, let flag = flag as? T else { throw mismatch("true or false") }
            return flag
        case is Double.Type:
            guard let number = value.number as? T else { throw mismatch("a number") }
            return number
        case let type as any FixedWidthInteger.Type:
            guard let number = integer(type) as? T else { throw mismatch("a whole number in range") }
            return number
        default: return try T(from: self)
        }
    }

    private func integer<I: FixedWidthInteger>(_ type: I.Type) -> I? {
        switch value {
        case .int(let value): I(exactly: value)
        case .double(let value): I(exactly: value)
        default: nil
        }
    }
}

private struct KeyedValueDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ValueDecoder
    let members: [ParameterValue.Member]
    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { members.compactMap { Key(stringValue: $0.key) } }

    func contains(_ key: Key) -> Bool { value(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try nested(key).value == .null }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try nested(key).decoded(type) }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        if case .string(let text)? = value(key) { return text }
        return try nested(key).unbox(type)
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        if case .int(let number)? = value(key) { return number }
        return try nested(key).unbox(type)
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let value = value(key), value != .null else { return nil }
        return try ValueDecoder(value: value, in: decoder, key: key).decoded(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try nested(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { try nested(key) }

    private func value(_ key: Key) -> ParameterValue? {
        let name = key.stringValue
        return members.last { $0.key == name }?.value
    }

    private func nested(_ key: Key) throws -> ValueDecoder {
        guard let value = value(key) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "'\(key.stringValue)' is missing"))
        }
        return ValueDecoder(value: value, in: decoder, key: key)
    }
}

/// A member whose name is no case of an enum.
private struct MemberName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

private struct UnkeyedValueDecoder: UnkeyedDecodingContainer {
    let decoder: ValueDecoder
    let elements: [ParameterValue]
    var currentIndex = 0
    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, elements[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decoded(type) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested>
    {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }

    private mutating func next() throws -> ValueDecoder {
        guard !isAtEnd else { throw decoder.mismatch("a longer list") }
        defer { currentIndex += 1 }
        return ValueDecoder(value: elements[currentIndex], in: decoder)
    }
}

private struct SingleValueDecoder: SingleValueDecodingContainer {
    let decoder: ValueDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.value == .null }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.unbox(type) }
}
