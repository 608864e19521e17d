import SweepModel

/// A space as a unit cube: one dimension for every axis that has a choice.
///
/// A parameter keeps its dimension whether it is active or not, so that no parameter's value depends on which others
/// are there.
package struct SearchCube: Sendable {
    package let space: SearchSpace
    /// Axes without a choice (constants) have no dimension.
    package let dimensionCount: Int

    private let axes: [SpaceAxis]
    private let dimensions: [Int?]
    private let graph: ConditionGraph

    package init(_ space: SearchSpace) {
        self.space = space
        axes = space.axes
        graph = ConditionGraph(space)
        var count = 0
        dimensions = axes.map { axis in
            let choices = axis.rowCount ?? space.parameters[axis.members[0]].distribution.valueCount
            guard choices != 1 else { return nil }
            count += 1
            return count - 1
        }
        dimensionCount = count
    }

    /// The point at these coordinates, each in 0...1; the middle where one is missing.
    package func point(at coordinates: [Double]) -> Point {
        var values = [ParameterValue?](repeating: nil, count: space.parameters.count)
        for (axis, dimension) in zip(axes, dimensions) {
            let u = dimension.flatMap { $0 < coordinates.count ? coordinates[$0] : nil } ?? 0.5
            if let rows = axis.rows, let count = axis.rowCount {
                let row = min(Int(u.clampedToUnit * Double(count)), count - 1)
                for (member, column) in zip(axis.members, rows) { values[member] = column[row] }
            } else {
                for member in axis.members { values[member] = space.parameters[member].distribution.value(at: u) }
            }
        }
        return Point(values: graph.activeOnly(values))
    }

    /// The coordinates of a point; nil in the dimensions whose parameters are not active, or hold no value of theirs.
    package func coordinates(of point: Point) -> [Double?] {
        var coordinates = [Double?](repeating: nil, count: dimensionCount)
        for (axis, dimension) in zip(axes, dimensions) {
            guard let dimension else { continue }
            func value(_ member: Int) -> ParameterValue? { member < point.values.count ? point.values[member] : nil }
            if let rows = axis.rows, let count = axis.rowCount {
                let row = (0..<count).first { row in
                    zip(axis.members, rows).allSatisfy { member, column in
                        value(member).map { column[row].isSame(as: $0) } ?? true
                    }
                }
                let isActive = axis.members.contains { value($0) != nil }
                coordinates[dimension] = isActive ? row.map { (Double($0) + 0.5) / Double(count) } : nil
            } else {
                coordinates[dimension] = axis.members.first.flatMap { member in
                    value(member).flatMap { space.parameters[member].distribution.position(of: $0) }
                }
            }
        }
        return coordinates
    }

    /// Whether exactly the parameters that should be active have values, all of them values of their laws.
    package func contains(_ point: Point) -> Bool {
        guard graph.agrees(with: point.values) else { return false }
        for (value, parameter) in zip(point.values, space.parameters) {
            if let value, parameter.distribution.position(of: value) == nil { return false }
        }
        // The members of a coupling must be of one row.
        let coordinates = coordinates(of: point)
        return zip(axes, dimensions).allSatisfy { axis, dimension in
            guard let dimension, axis.members.contains(where: { point.values[$0] != nil }) else { return true }
            return coordinates[dimension] != nil
        }
    }
}
