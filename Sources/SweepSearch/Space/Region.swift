package import SweepModel

/// A part of the space in words: `batch = 64 and lr > 1e-2`. Points in an excluded region are never proposed.
///
/// The logic is SQL's, as in `--where`: a comparison of a parameter that a point does not have is unknown, and what is
/// unknown excludes nothing.
package struct Region: Sendable, Hashable {
    indirect enum Node: Sendable, Hashable {
        case compare(Int, Comparison, ParameterValue)
        case among(Int, [ParameterValue])
        case isNull(Int)
        case not(Node)
        case and(Node, Node)
        case or(Node, Node)
    }

    enum Comparison: String, Sendable, Hashable {
        case equal = "="
        case different = "!="
        case less = "<"
        case atMost = "<="
        case greater = ">"
        case atLeast = ">="
    }

    /// As it was written.
    package let text: String
    let root: Node

    package func contains(_ point: Point) -> Bool { Self.holds(root, point) == true }

    /// Values that are asked for by name, with the index of their parameter: to see that there are such.
    package var namedValues: [(parameter: Int, value: ParameterValue)] {
        var found: [(Int, ParameterValue)] = []
        var rest = [root]
        while let node = rest.popLast() {
            switch node {
            case .compare(let parameter, .equal, let value), .compare(let parameter, .different, let value):
                found.append((parameter, value))
            case .among(let parameter, let values): found += values.map { (parameter, $0) }
            case .compare, .isNull: break
            case .not(let inner): rest.append(inner)
            case .and(let a, let b), .or(let a, let b): rest += [a, b]
            }
        }
        return found
    }

    private static func holds(_ node: Node, _ point: Point) -> Bool? {
        switch node {
        case .compare(let parameter, let comparison, let value):
            return self.value(parameter, of: point).flatMap { compare($0, comparison, value) }
        case .among(let parameter, let values):
            guard let own = self.value(parameter, of: point) else { return nil }
            return values.contains { own.isSame(as: $0) }
        case .isNull(let parameter): return self.value(parameter, of: point) == nil
        case .not(let inner): return holds(inner, point).map { !$0 }
        case .and(let a, let b):
            let (a, b) = (holds(a, point), holds(b, point))
            return a == false || b == false ? false : a == nil || b == nil ? nil : true
        case .or(let a, let b):
            let (a, b) = (holds(a, point), holds(b, point))
            return a == true || b == true ? true : a == nil || b == nil ? nil : false
        }
    }

    private static func value(_ parameter: Int, of point: Point) -> ParameterValue? {
        guard point.values.indices.contains(parameter), let value = point.values[parameter], value != .null else {
            return nil
        }
        return value
    }

    private static func compare(_ a: ParameterValue, _ comparison: Comparison, _ b: ParameterValue) -> Bool? {
        switch comparison {
        case .equal: return a.isSame(as: b)
        case .different: return !a.isSame(as: b)
        case .less, .atMost, .greater, .atLeast: break
        }
        if let a = a.number, let b = b.number { return order(a, comparison, b) }
        if let a = a.string, let b = b.string { return order(a, comparison, b) }
        return nil
    }

    private static func order<T: Comparable>(_ a: T, _ comparison: Comparison, _ b: T) -> Bool {
        switch comparison {
        case .less: a < b
        case .atMost: a <= b
        case .greater: a > b
        case .atLeast: a >= b
        case .equal, .different: a == b
        }
    }
}

extension [Region] {
    /// The point lies in one of them.
    package func contain(_ point: Point) -> Bool { contains { $0.contains(point) } }
}
