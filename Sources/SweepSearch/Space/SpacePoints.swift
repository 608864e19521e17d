import SweepModel

/// All points of a space whose values can be listed, by rank.
struct SpacePoints: Sendable {
    let count: Int
    private let tree: PointTree
    private let encoding: SpaceEncoding
    private let axes: [SpaceAxis]
    private let dimensionOf: [Int: Int]

    /// nil: a value cannot be listed, or the conditions cannot be counted.
    init?(_ encoding: SpaceEncoding) {
        guard encoding.isDiscrete else { return nil }
        let axes = encoding.space.axes
        var dimensionOf: [Int: Int] = [:]
        for (index, dimension) in encoding.dimensions.enumerated() { dimensionOf[dimension.members[0]] = index }
        let rows: [PointTree.Rows] = axes.map { axis in
            if let coupled = PointTree.Rows(coupling: axis) { return coupled }
            guard let index = dimensionOf[axis.members[0]], let count = encoding.dimensions[index].levelCount else {
                return PointTree.Rows(
                    count: 1,
                    rowsOf: { [law = encoding.space.parameters[axis.members[0]].distribution] _, value in
                        law.value(at: 0.5).isSame(as: value) ? [0] : []
                    })
            }
            let levels = encoding.dimensions[index].levelOf
            return PointTree.Rows(count: count, rowsOf: { _, value in levels[ValueIdentity(value)].map { [$0] } ?? [] })
        }
        guard
            let tree = try? PointTree(
                axes: axes, graph: ConditionGraph(encoding.space), parameterCount: encoding.space.parameters.count,
                rows: rows)
        else { return nil }
        (self.tree, self.encoding, self.axes, self.dimensionOf) = (tree, encoding, axes, dimensionOf)
        count = tree.count
    }

    func point(at rank: Int) -> Point {
        var values = [ParameterValue?](repeating: nil, count: encoding.space.parameters.count)
        for (axis, row, members) in tree.rows(at: rank) {
            for member in members {
                let parameter = axes[axis].members[member]
                if let column = axes[axis].rows?[member] {
                    values[parameter] = column[row]
                } else if let dimension = dimensionOf[parameter] {
                    values[parameter] = encoding.dimensions[dimension].levels[0][row]
                } else {
                    values[parameter] = encoding.space.parameters[parameter].distribution.value(at: 0.5)
                }
            }
        }
        return Point(values: values)
    }
}
