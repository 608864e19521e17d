import SweepModel

/// Literals of Python, from tokens.
enum PythonValue {
    /// The value of an expression that is a literal, a name in `constants`, or `range(…)` and `list(…)` of such; nil for
    /// everything else.
    static func read(_ tokens: [PythonToken], constants: [String: ParameterValue] = [:]) -> ParameterValue? {
        var reader = Reader(tokens: tokens.filter { $0 != .newline }, constants: constants)
        guard let value = reader.value(depth: 0), reader.isAtEnd else { return nil }
        return value
    }

    static func number(_ text: String) -> ParameterValue? {
        let digits = text.lowercased().filter { $0 != "_" }
        if digits.hasPrefix("0x") { return Int(digits.dropFirst(2), radix: 16).map { .int($0) } }
        if digits.hasPrefix("0b") { return Int(digits.dropFirst(2), radix: 2).map { .int($0) } }
        if digits.hasPrefix("0o") { return Int(digits.dropFirst(2), radix: 8).map { .int($0) } }
        if let int = Int(digits) { return .int(int) }
        guard digits.allSatisfy({ "0123456789.e+-".contains($0) }) else { return nil }
        let padded = digits.hasPrefix(".") ? "0" + digits : digits
        let whole = padded.replacingSuffixPoint
        return Double(whole).flatMap { $0.isFinite ? .double($0) : nil }
    }

    private struct Reader {
        let tokens: [PythonToken]
        let constants: [String: ParameterValue]
        var position = 0

        var isAtEnd: Bool { position >= tokens.count }
        var current: PythonToken? { position < tokens.count ? tokens[position] : nil }

        mutating func take(_ symbol: Character) -> Bool {
            guard current == .symbol(symbol) else { return false }
            position += 1
            return true
        }

        mutating func value(depth: Int) -> ParameterValue? {
            guard depth < 16, let token = current else { return nil }
            position += 1
            switch token {
            case .string(let text): return .string(text)
            case .number(let text):
                guard let first = PythonValue.number(text) else { return nil }
                // 2**10, 1024 * 4 and the like are left alone, but 1 / 10 is common enough for powers of ten to be worth it.
                return power(first)
            case .symbol("-"): return value(depth: depth + 1).flatMap { Self.negated($0) }
            case .symbol("+"): return value(depth: depth + 1)
            case .symbol("["): return list(until: "]", depth: depth)
            case .symbol("{"): return list(until: "}", depth: depth)
            case .symbol("("):
                guard let inner = list(until: ")", depth: depth), case .list(let elements) = inner else { return nil }
                let isTuple = tokens[..<(position - 1)].last == .symbol(",") || elements.count != 1
                return isTuple ? inner : elements.first
            case .name("True"): return .bool(true)
            case .name("False"): return .bool(false)
            case .name("None"): return .null
            case .name("range"): return range(depth: depth)
            case .name("list"), .name("tuple"), .name("sorted"), .name("set"):
                guard take("("), let inner = value(depth: depth + 1), take(")") else { return nil }
                return inner
            case .name(let name): return current == .symbol("(") || current == .symbol(".") ? nil : constants[name]
            default: return nil
            }
        }

        /// `2 ** 10`, of small whole numbers.
        private mutating func power(_ base: ParameterValue) -> ParameterValue? {
            guard current == .symbol("*"), position + 2 < tokens.count, tokens[position + 1] == .symbol("*"),
                case .number(let text) = tokens[position + 2], case .int(let exponent)? = PythonValue.number(text),
                case .int(let base) = base, (0...62).contains(exponent)
            else { return base }
            var result = 1
            for _ in 0..<exponent {
                let (product, overflow) = result.multipliedReportingOverflow(by: base)
                guard !overflow else { return nil }
                result = product
            }
            position += 3
            return .int(result)
        }

        private mutating func list(until close: Character, depth: Int) -> ParameterValue? {
            var elements: [ParameterValue] = []
            while !take(close) {
                guard elements.count < 1000, let element = value(depth: depth + 1) else { return nil }
                elements.append(element)
                // A dictionary: its keys are what `choices` means by it.
                if close == "}", take(":") { skipElement() }
                guard take(",") || current == .symbol(close) else { return nil }
            }
            return .list(elements)
        }

        private mutating func skipElement() {
            var depth = 0
            while let token = current {
                if depth == 0, token == .symbol(",") || token == .symbol("}") { return }
                if case .symbol(let symbol) = token {
                    if "([{".contains(symbol) { depth += 1 }
                    if ")]}".contains(symbol) { depth -= 1 }
                }
                position += 1
            }
        }

        private mutating func range(depth: Int) -> ParameterValue? {
            guard take("("), case .list(let bounds)? = list(until: ")", depth: depth) else { return nil }
            let numbers = bounds.compactMap { if case .int(let value) = $0 { value } else { nil } }
            guard numbers.count == bounds.count, (1...3).contains(numbers.count) else { return nil }
            let start = numbers.count == 1 ? 0 : numbers[0]
            let end = numbers.count == 1 ? numbers[0] : numbers[1]
            let step = numbers.count == 3 ? numbers[2] : 1
            guard step != 0 else { return nil }
            return .list(stride(from: start, to: end, by: step).prefix(1000).map { .int($0) })
        }

        private static func negated(_ value: ParameterValue) -> ParameterValue? {
            switch value {
            case .int(let value): value == .min ? nil : .int(-value)
            case .double(let value): .double(-value)
            default: nil
            }
        }
    }
}

extension String {
    /// `1.` and `1.e5`, which Swift does not read, as `1.0` and `1.0e5`.
    fileprivate var replacingSuffixPoint: String {
        guard let point = firstIndex(of: ".") else { return self }
        let next = index(after: point)
        return next == endIndex || self[next] == "e" ? self[..<next] + "0" + self[next...] : self
    }
}
