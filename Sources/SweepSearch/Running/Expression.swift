import Glibc
package import SweepModel

/// A formula over a sweep's parameters: `(log10(lr) + 3)^2 + if(opt == 'adam', 0, 0.5)`.
///
/// Numbers, texts in quotes, names (in backquotes where they are no plain words); `+ - * / % ^`, comparisons (1 or 0),
/// `and or not`, and the functions of `functions`, where `if` takes only the branch that holds. Whatever has no value (a
/// parameter that is not active, the logarithm of -1) is NaN.
package struct Expression: Sendable {
    /// Most characters, and most levels of nesting.
    static let maximumLength = 10_000
    static let maximumDepth = 100

    private let root: Node

    indirect enum Node: Sendable {
        case number(Double)
        case text(String)
        case name([String])
        case call(Function, [Node])
        case choice(Node, Node, Node)
        case comparison(Comparison, Node, Node)
    }

    struct Function: Sendable {
        let arity: ClosedRange<Int>
        let apply: @Sendable ([Double]) -> Double
    }

    static let functions: [String: Function] = [
        "abs": Function(arity: 1...1) { abs($0[0]) }, "sqrt": Function(arity: 1...1) { $0[0].squareRoot() },
        "exp": Function(arity: 1...1) { exp($0[0]) }, "log": Function(arity: 1...1) { log($0[0]) },
        "log2": Function(arity: 1...1) { log2($0[0]) }, "log10": Function(arity: 1...1) { log10($0[0]) },
        "sin": Function(arity: 1...1) { sin($0[0]) }, "cos": Function(arity: 1...1) { cos($0[0]) },
        "tanh": Function(arity: 1...1) { tanh($0[0]) }, "floor": Function(arity: 1...1) { floor($0[0]) },
        "round": Function(arity: 1...1) { $0[0].rounded() }, "pow": Function(arity: 2...2) { pow($0[0], $0[1]) },
        "min": Function(arity: 1...64) { $0.contains(where: \.isNaN) ? .nan : $0.min() ?? .nan },
        "max": Function(arity: 1...64) { $0.contains(where: \.isNaN) ? .nan : $0.max() ?? .nan },
    ]

    /// - Parameter names: the parameters that there are, with dots between the levels of nesting.
    /// - Throws: what is wrong, and at which character.
    package init(_ text: String, names: [String: [String]]) throws(SweepError) {
        guard text.utf8.count <= Self.maximumLength else {
            throw SweepError(.usage, "the expression has over \(Self.maximumLength) characters")
        }
        var parser = ExpressionParser(text, names: names)
        root = try parser.parse()
    }

    /// Its value for a trial with these parameters.
    package func value(_ parameters: Parameters) -> Double { number(root, .object(parameters)) }

    /// Whether the name of this path occurs in it.
    package func mentions(_ path: [String]) -> Bool { Self.mentions(path, root) }

    private static func mentions(_ path: [String], _ node: Node) -> Bool {
        switch node {
        case .number, .text: false
        case .name(let name): name == path
        case .call(_, let arguments): arguments.contains { mentions(path, $0) }
        case .choice(let condition, let yes, let no): [condition, yes, no].contains { mentions(path, $0) }
        case .comparison(_, let left, let right): mentions(path, left) || mentions(path, right)
        }
    }

    private func number(_ node: Node, _ parameters: ParameterValue) -> Double {
        switch node {
        case .number(let number): return number
        case .text: return .nan
        case .name(let path):
            switch Self.lookUp(path, parameters) {
            case .bool(let flag)?: return flag ? 1 : 0
            case let value: return value?.number ?? .nan
            }
        case .call(let function, let arguments):
            return function.apply(arguments.map { number($0, parameters) })
        case .choice(let condition, let yes, let no):
            let holds = number(condition, parameters)
            return holds.isNaN ? .nan : number(holds != 0 ? yes : no, parameters)
        case .comparison(let comparison, let left, let right):
            if let a = text(left, parameters), let b = text(right, parameters) {
                return comparison.holds(a == b, a < b) ? 1 : 0
            }
            let (a, b) = (number(left, parameters), number(right, parameters))
            // A text is no number, and an inactive parameter is like nothing.
            if a.isNaN || b.isNaN { return comparison == .notEqual ? 1 : 0 }
            return comparison.holds(a == b, a < b) ? 1 : 0
        }
    }

    private func text(_ node: Node, _ parameters: ParameterValue) -> String? {
        switch node {
        case .text(let text): text
        case .name(let path): Self.lookUp(path, parameters)?.string
        default: nil
        }
    }

    private static func lookUp(_ path: [String], _ parameters: ParameterValue) -> ParameterValue? {
        path.reduce(parameters as ParameterValue?) { value, name in value?[name] }
    }
}

extension Expression {
    enum Comparison: String, Sendable, CaseIterable {
        case equal = "=="
        case notEqual = "!="
        case atMost = "<="
        case atLeast = ">="
        case below = "<"
        case above = ">"

        func holds(_ isEqual: Bool, _ isLess: Bool) -> Bool {
            switch self {
            case .equal: isEqual
            case .notEqual: !isEqual
            case .atMost: isEqual || isLess
            case .atLeast: !isLess
            case .below: isLess
            case .above: !isEqual && !isLess
            }
        }
    }
}
