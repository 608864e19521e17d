package import SweepModel

/// Every point of a finite space once, in W&B's order: by name, the last parameter varies fastest, values as given.
///
/// `values`, `int_uniform` (both ends) and `q_uniform` (numpy's arange) can be gridded, and constants. Values that W&B
/// takes for the same occur once; parameters that are not active make no points; a coupling is one axis. No point is
/// written out before its turn, so that a grid of 10^12 points costs nothing to begin.
package struct Grid: SearchMethod {
    package static let name = "grid"

    private let parameterCount: Int
    private let axes: [SpaceAxis]
    /// The values of each axis; nil for a coupling.
    private let values: [GridAxis?]
    private let tree: PointTree

    /// - Throws: when a parameter's law has no list of values, or the conditions cannot be put in order.
    package init(problem: SearchProblem) throws(SweepError) {
        let space = problem.space
        let axes = space.axes
        var values: [GridAxis?] = []
        var rows: [PointTree.Rows] = []
        for axis in axes {
            if let coupled = PointTree.Rows(coupling: axis) {
                rows.append(coupled)
                values.append(nil)
                continue
            }
            let parameter = space.parameters[axis.members[0]]
            guard let listed = parameter.distribution.gridAxis, listed.count > 0 else {
                throw Self.refusal(of: parameter)
            }
            rows.append(
                PointTree.Rows(count: listed.count, rowsOf: { _, value in listed.index(of: value).map { [$0] } ?? [] }))
            values.append(listed)
        }
        do {
            tree = try PointTree(
                axes: axes, graph: ConditionGraph(space), parameterCount: space.parameters.count, rows: rows)
        } catch {
            throw Self.refusal(of: error, axes: axes, space: space)
        }
        parameterCount = space.parameters.count
        self.axes = axes
        self.values = values
    }

    /// `Int.max` when there are that many or more.
    package var size: Int? { tree.count }

    package func suggest(after history: SearchHistory) -> Suggestion {
        let rank = history.observations.count
        return rank < tree.count ? .point(point(at: rank)) : .exhausted
    }

    /// The point at `rank` in 0..<size.
    package func point(at rank: Int) -> Point {
        var point = [ParameterValue?](repeating: nil, count: parameterCount)
        for (axis, row, members) in tree.rows(at: rank) {
            for member in members {
                let parameter = axes[axis].members[member]
                point[parameter] = axes[axis].rows?[member][row] ?? values[axis]?[row]
            }
        }
        return Point(values: point)
    }

    private static func refusal(of parameter: Parameter) -> SweepError {
        let law = type(of: parameter.distribution).name
        let isTooLong = ["int_uniform", "q_uniform"].contains(law)
        return SweepError(
            .usage,
            isTooLong
                ? "grid cannot count the values of '\(parameter.name)': \(parameter.distribution.summary)"
                : "grid needs values, int_uniform or q_uniform; '\(parameter.name)' is \(law)",
            remedy: isTooLong
                ? "give fewer values or a larger q" : "give 'values', or use method random, sobol or bayes")
    }

    private static func refusal(of problem: PointTree.Problem, axes: [SpaceAxis], space: SearchSpace) -> SweepError {
        func names(_ indices: [Int]) -> String {
            let names = indices.flatMap { axes[$0].members }.map { "'\(space.parameters[$0].name)'" }
            return names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
        }
        return switch problem {
        case .circular(let axes):
            SweepError(
                .usage, "grid cannot order \(names(axes)): by zip and when, they depend on one another in a circle",
                remedy: "take one of them out of the zip or drop its when")
        case .entangled(let axes):
            SweepError(
                .usage, "grid cannot count the combinations of the conditions between \(names(axes))",
                remedy: "use fewer conditions, or method random or sobol")
        }
    }
}
