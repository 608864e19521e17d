package import SweepModel

/// One option of a training script.
package struct ScriptOption: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case int, float, bool, string
        /// A function of the script's own.
        case other
    }

    /// As the command line has it, without the dashes: `learning-rate`.
    package var name: String
    package var kind: Kind
    package var initial: ParameterValue?
    package var choices: [ParameterValue]?
    /// `store_true`, `store_false` and the like: given without a value.
    package var isFlag: Bool
    /// Only `--name` forms take `--name=value`; a positional one or a single dash needs the file's `command`.
    package var isPositional: Bool
    package var isRequired: Bool
    /// Takes several values.
    package var isList: Bool
    package var help: String?
}

/// The options that a training script declares with argparse's `add_argument`. Reads the text only; nothing is run.
package enum ArgparseReader {
    package static let mostOptions = 500

    package static func options(_ source: String) -> [ScriptOption] {
        let tokens = PythonLexer.tokens(source)
        let constants = constants(tokens)
        var options: [ScriptOption] = []
        var index = 0
        while index + 1 < tokens.count, options.count < mostOptions {
            guard tokens[index] == .name("add_argument"), tokens[index + 1] == .symbol("(") else {
                index += 1
                continue
            }
            let (arguments, end) = arguments(tokens, from: index + 2)
            if let option = option(arguments, constants), !options.contains(where: { $0.name == option.name }) {
                options.append(option)
            }
            index = end
        }
        return options
    }

    /// Names that are given a literal once, at the beginning of a line: `LR = 1e-3`.
    private static func constants(_ tokens: [PythonToken]) -> [String: ParameterValue] {
        var constants: [String: ParameterValue] = [:]
        var isStart = true
        for index in tokens.indices {
            defer { isStart = tokens[index] == .newline }
            guard isStart, case .name(let name) = tokens[index], index + 2 < tokens.count,
                tokens[index + 1] == .symbol("="), tokens[index + 2] != .symbol("=")
            else { continue }
            let end = tokens[(index + 2)...].firstIndex(of: .newline) ?? tokens.count
            guard end - index < 500, constants[name] == nil else { continue }
            constants[name] = PythonValue.read(Array(tokens[(index + 2)..<end]), constants: constants)
        }
        return constants
    }

    private struct Argument {
        var keyword: String?
        var tokens: [PythonToken]
    }

    /// The arguments of a call whose bracket stands before `start`; `end` is after its closing bracket.
    private static func arguments(_ tokens: [PythonToken], from start: Int) -> (arguments: [Argument], end: Int) {
        var arguments: [Argument] = []
        var current: [PythonToken] = []
        var depth = 0
        var index = start
        func finish() {
            if current.count >= 2, case .name(let keyword) = current[0], current[1] == .symbol("="),
                current.count == 2 || current[2] != .symbol("=")
            {
                arguments.append(Argument(keyword: keyword, tokens: Array(current[2...])))
            } else if !current.isEmpty {
                arguments.append(Argument(keyword: nil, tokens: current))
            }
            current = []
        }
        while index < tokens.count {
            let token = tokens[index]
            index += 1
            if case .symbol(let symbol) = token {
                if depth == 0, symbol == ")" { break }
                if depth == 0, symbol == "," {
                    finish()
                    continue
                }
                if "([{".contains(symbol) { depth += 1 }
                if ")]}".contains(symbol) { depth -= 1 }
            }
            current.append(token)
        }
        finish()
        return (arguments, index)
    }

    private static func option(_ arguments: [Argument], _ constants: [String: ParameterValue]) -> ScriptOption? {
        let names = arguments.filter { $0.keyword == nil }.compactMap { PythonValue.read($0.tokens)?.string }
        // The first long name is the one that argparse itself goes by.
        let long = names.first { $0.hasPrefix("--") && $0.count > 2 }
        guard let name = long ?? names.first, !name.isEmpty, name != "--" else { return nil }
        func keyword(_ word: String) -> [PythonToken]? { arguments.first { $0.keyword == word }?.tokens }
        func value(_ word: String) -> ParameterValue? {
            keyword(word).flatMap { PythonValue.read($0, constants: constants) }
        }

        let action = value("action")?.string ?? keyword("action").flatMap { lastName($0) }
        guard !["help", "version"].contains(action) else { return nil }
        let isBooleanOptional = action == "BooleanOptionalAction"
        let isFlag = ["store_true", "store_false", "store_const", "count", "append_const"].contains(action)
        var initial = value("default")
        if isFlag, initial == nil { initial = .bool(action == "store_false") }
        var choices: [ParameterValue]?
        if case .list(let values)? = value("choices"), !values.isEmpty { choices = values }
        let type = keyword("type").flatMap { lastName($0) }
        let kind = kind(type, hasType: keyword("type") != nil, initial, choices, isFlag: isFlag || isBooleanOptional)
        return ScriptOption(
            name: String(name.drop { $0 == "-" }), kind: kind, initial: initial == .null ? nil : initial,
            choices: choices, isFlag: isFlag || isBooleanOptional, isPositional: long == nil,
            isRequired: value("required") == .bool(true) || !name.hasPrefix("-"),
            isList: keyword("nargs") != nil && value("nargs")?.string != "?" || action == "append"
                || action == "extend",
            help: value("help")?.string)
    }

    /// `float` of `float`, and `FileType` of `argparse.FileType("r")`.
    private static func lastName(_ tokens: [PythonToken]) -> String? {
        var last: String?
        for token in tokens {
            switch token {
            case .name(let name): last = name
            case .symbol("."): continue
            default: return last
            }
        }
        return last == "lambda" ? nil : last
    }

    private static func kind(
        _ type: String?, hasType: Bool, _ initial: ParameterValue?, _ choices: [ParameterValue]?, isFlag: Bool
    ) -> ScriptOption.Kind {
        if isFlag { return .bool }
        switch type {
        case "int": return .int
        case "float": return .float
        case "str": return .string
        case "bool": return .bool
        case .some(let name) where name.lowercased().contains("bool"): return .bool
        case _ where hasType: return .other
        default: break
        }
        // Without a type argparse hands over text; the default tells what the script expects all the same.
        switch initial ?? choices?.first {
        case .int: return .int
        case .double: return .float
        case .bool: return .bool
        default: return .string
        }
    }
}
