import SweepModel

/// How many points a space has.
package enum SpaceSize: Hashable, Sendable, CustomStringConvertible {
    case exact(Int)
    /// Conditions too entangled to count: no more than this.
    case atMost(Int)
    /// Finite, and more than 2⁶³ - 2.
    case beyondCounting
    case infinite

    /// The number where it is known exactly.
    package var exactCount: Int? {
        if case .exact(let count) = self { count } else { nil }
    }

    package var description: String {
        switch self {
        case .exact(1): "1 point"
        case .exact(let count): "\(count) points"
        case .atMost(let count): "at most \(count) points"
        case .beyondCounting: "more than 10^18 points"
        case .infinite: "infinitely many points"
        }
    }
}

extension SearchSpace {
    /// How many different points there are: the values that the laws can give, conditions and couplings considered.
    package var size: SpaceSize {
        let graph = ConditionGraph(self)
        let axes = axes
        for index in graph.parentsFirst where parameters[index].distribution.valueCount == nil { return .infinite }
        do {
            let tree = try PointTree(
                axes: axes, graph: graph, parameterCount: parameters.count,
                rows: axes.map { rows(of: $0, graph: graph) })
            return tree.count == .max ? .beyondCounting : .exact(tree.count)
        } catch {
            let product = axes.reduce(1) { product, axis in
                let count = axis.rowCount ?? parameters[axis.members[0]].distribution.valueCount ?? 1
                // A conditional axis may be absent as well.
                let isConditional = axis.members.contains { !graph.clauses[$0].isEmpty }
                return product.multipliedSaturating(by: isConditional ? count.addingSaturating(1) : count)
            }
            return product == .max ? .beyondCounting : .atMost(product)
        }
    }

    /// The rows of an axis for counting. Which row a value has does not matter here, only that two have not the same.
    private func rows(of axis: SpaceAxis, graph: ConditionGraph) -> PointTree.Rows {
        if let rows = PointTree.Rows(coupling: axis) { return rows }
        let index = axis.members[0]
        let law = parameters[index].distribution
        var rowOf: [ValueIdentity: Int] = [:]
        for parameter in parameters {
            for clause in parameter.condition?.clauses ?? [] where clause.parent == parameters[index].path {
                for value in clause.values where law.position(of: value) != nil {
                    let identity = ValueIdentity(value)
                    if rowOf[identity] == nil { rowOf[identity] = rowOf.count }
                }
            }
        }
        let count = max(law.valueCount ?? 1, rowOf.count, 1)
        return PointTree.Rows(
            count: count, rowsOf: { [rowOf] _, value in rowOf[ValueIdentity(value)].map { [$0] } ?? [] })
    }
}

extension PointTree.Rows {
    /// The rows of a coupling; nil when `axis` is a single parameter.
    init?(coupling axis: SpaceAxis) {
        guard let columns = axis.rows, let count = axis.rowCount else { return nil }
        let identities = columns.map { $0.map(ValueIdentity.init) }
        let rowsOf = identities.map { column in
            Dictionary(column.indices.map { (column[$0], [$0]) }, uniquingKeysWith: +)
        }
        self.init(
            count: count,
            rowsOf: { member, value in rowsOf[member][ValueIdentity(value)] ?? [] },
            distinct: { active in
                var seen: Set<[ValueIdentity]> = []
                return (0..<count).filter { row in seen.insert(active.map { identities[$0][row] }).inserted }
            })
    }
}
