/// What is wrong with a JSON text, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String
    /// Bytes from the start of the text.
    package let offset: Int

    package var description: String { "\(message) at byte \(offset)" }
}

/// JSON text, as the programs of this field write it, to `ParameterValue`.
///
/// Beyond RFC 8259 it takes the bare `NaN`, `Infinity` and `-Infinity` of Python. `1` is an int, `1.0` and `1e3` are
/// doubles; an integer beyond 64 bits is a double. Nesting is bounded by `maximumDepth`, so that no text can exhaust the
/// stack; of members with the same key the last one counts (`ParameterValue.subscript`).
package struct JSONParser {
    package static let maximumDepth = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// Parses one value that fills `text`.
    package static func parse(_ text: String) throws(JSONError) -> ParameterValue { try parse(Array(text.utf8)) }

    /// Parses one value that fills `bytes` (white space around it is fine).
    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> ParameterValue {
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONError) -> ParameterValue in
                var parser = JSONParser(bytes: buffer)
                let value = try parser.value(depth: 0)
                parser.skipSpace()
                guard parser.position == buffer.count else { throw parser.error("unexpected text after the value") }
                return value
            }
        }
        return try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private func error(_ message: String) -> JSONError { JSONError(message: message, offset: position) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        guard position + word.utf8CodeUnitCount <= bytes.count else { return false }
        for index in 0..<word.utf8CodeUnitCount where bytes[position + index] != word.utf8Start[index] { return false }
        position += word.utf8CodeUnitCount
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> ParameterValue {
        guard depth < Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "n") where take("null"): return .null
        case UInt8(ascii: "N") where take("NaN"): return .double(.nan)
        case UInt8(ascii: "I") where take("Infinity"): return .double(.infinity)
        case UInt8(ascii: "-") where take("-Infinity"): return .double(-.infinity)
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number()
        case nil: throw error("the text ends where a value should be")
        default: throw error("no JSON value")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> ParameterValue {
        position += 1
        var members: [ParameterValue.Member] = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("a member's name should be here, in quotes") }
            let key = try string()
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw error("':' should be here") }
            position += 1
            members.append(.init(key, try value(depth: depth + 1)))
            if try endOfList(UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func list(depth: Int) throws(JSONError) -> ParameterValue {
        position += 1
        var elements: [ParameterValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return .list(elements)
        }
        while true {
            elements.append(try value(depth: depth + 1))
            if try endOfList(UInt8(ascii: "]")) { return .list(elements) }
        }
    }

    /// After an element: true at the closing bracket, false after a comma.
    private mutating func endOfList(_ close: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        switch current {
        case UInt8(ascii: ","):
            position += 1
            return false
        case close:
            position += 1
            return true
        case nil: throw error("the text ends inside a list or object")
        default: throw error("',' or a closing bracket should be here")
        }
    }

    private mutating func number() throws(JSONError) -> ParameterValue {
        let start = position
        var isInteger = true
        if current == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        while let byte = current {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                isInteger = false
            default:
                return try number(from: start, firstDigit: firstDigit, isInteger: isInteger)
            }
            position += 1
        }
        return try number(from: start, firstDigit: firstDigit, isInteger: isInteger)
    }

    private func number(from start: Int, firstDigit: Int, isInteger: Bool) throws(JSONError) -> ParameterValue {
        let digits = UnsafeBufferPointer(rebasing: bytes[start..<position])
        guard digits.count <= 400 else { throw JSONError(message: "a number of over 400 digits", offset: start) }
        let text = String(decoding: digits, as: UTF8.self)
        let leadingZero =
            position > firstDigit + 1 && bytes[firstDigit] == UInt8(ascii: "0")
            && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[firstDigit + 1])
        guard !leadingZero, position > firstDigit, bytes[firstDigit] != UInt8(ascii: "."),
            digits.last != UInt8(ascii: ".")
        else { throw JSONError(message: "'\(text.prefix(40))' is no number", offset: start) }
        if isInteger, let int = Int(text) { return .int(int) }
        guard let double = Double(text) else {
            throw JSONError(message: "'\(text.prefix(40))' is no number", offset: start)
        }
        return .double(double)
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            guard byte >= 0x20 else { throw error("a control character inside a string") }
            position += 1
        }
        if current == UInt8(ascii: "\"") {
            defer { position += 1 }
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        }
        var buffer = Array(bytes[start..<position])
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: buffer, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &buffer)
            case ..<0x20: throw error("a control character inside a string")
            default: buffer.append(byte)
            }
        }
        throw error("the text ends inside a string")
    }

    private mutating func escape(into buffer: inout [UInt8]) throws(JSONError) {
        guard let byte = current else { throw error("the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), take("\\u") {
                let low = try hexadecimal()
                code = (0xDC00..<0xE000).contains(low) ? 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00) : 0xFFFD
            }
            // A lone surrogate is no character: it becomes U+FFFD.
            buffer.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
        default: throw error("an unknown escape in a string")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw error("the text ends inside a string") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw error("\\u needs four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
