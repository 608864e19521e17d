import SweepModel

/// Every point of a finite space in a fixed order, without writing any out: counts them, and finds the one at a rank.
///
/// Axes that no condition ties together are the digits of a number of mixed radix, the last varying fastest; that is
/// W&B's order. Axes that conditions do tie together form a *component*, one digit. Within it the axes are decided one
/// after the other, parents first, and all that the later ones need to know of the earlier ones is which conditions have
/// failed by then. So a component is a decision diagram: a level for each axis, a node for each set of failed conditions,
/// and runs of rows that lead to the same node are one segment. A parent of 10^12 values of which two matter has five.
struct PointTree: Sendable {
    enum Problem: Error, Hashable {
        /// These axes depend on one another in a circle, through a coupling.
        case circular([Int])
        /// The conditions of these axes have more combinations than `maximumWork` allows.
        case entangled([Int])
    }

    /// One axis as the tree sees it: rows, and where values are among them.
    struct Rows: Sendable {
        var count: Int
        /// The rows where the member (by its index in the axis) has the value.
        var rowsOf: @Sendable (_ member: Int, _ value: ParameterValue) -> [Int]
        /// For a coupling: the rows that differ in the active members, in order; nil: all of them.
        var distinct: (@Sendable (_ activeMembers: [Int]) -> [Int])?
    }

    /// How much the making of a component may cost: runs of rows, each with the conditions that are open. About a
    /// second in a debug build.
    static let maximumWork = 1_000_000

    private let components: [Component]
    /// How many points; `Int.max` when there are that many or more.
    let count: Int

    init(axes: [SpaceAxis], graph: ConditionGraph, parameterCount: Int, rows: [Rows]) throws(Problem) {
        let ties = AxisTies(axes: axes, graph: graph, parameterCount: parameterCount)
        var components: [Component] = []
        var count = 1
        for members in ties.components {
            guard let order = ties.parentsFirst(members) else { throw .circular(members) }
            let component = try Component(order: order, axes: axes, graph: graph, ties: ties, rows: rows)
            components.append(component)
            count = count.multipliedSaturating(by: component.count)
        }
        self.components = components
        self.count = count
    }

    /// One axis of a point.
    typealias Choice = (axis: Int, row: Int, activeMembers: [Int])

    /// The active axes of the point at `rank` in 0..<count, with their rows.
    func rows(at rank: Int) -> [Choice] {
        var chosen: [Choice] = []
        var rest = max(rank, 0)
        for component in components.reversed() {
            component.appendRows(at: rest % component.count, to: &chosen)
            rest /= component.count
        }
        return chosen
    }
}

extension PointTree {
    /// Axes tied together by conditions, as a decision diagram.
    struct Component: Sendable {
        struct Segment: Sendable {
            /// Of the rows of the node.
            var first: Int
            var length: Int
            /// The node on the next level.
            var next: Int
            /// The rank of its first point within the node.
            var start = 0
            /// The points under each of its rows.
            var weight = 1
        }

        struct Node: Sendable {
            /// Of the axis; when there are none, the one segment stands for its absence.
            var activeMembers: [Int]
            /// The rows of a coupling that differ; nil: the position is the row.
            var rows: [Int]?
            var segments: [Segment]
            var count = 1
        }

        /// The axis of each level.
        private let order: [Int]
        private var levels: [[Node]] = []

        var count: Int { levels.first?.first?.count ?? 1 }

        init(order: [Int], axes: [SpaceAxis], graph: ConditionGraph, ties: AxisTies, rows: [Rows]) throws(Problem) {
            self.order = order
            // The states of a level: the conditional parameters of later axes of which a condition has failed.
            var states: [Set<Int>] = [[]]
            var work = PointTree.maximumWork
            for axis in order {
                var nextStates: [Set<Int>] = []
                var indices: [Set<Int>: Int] = [:]
                func index(of state: Set<Int>) -> Int {
                    if let index = indices[state] { return index }
                    nextStates.append(state)
                    indices[state] = nextStates.count - 1
                    return nextStates.count - 1
                }
                var level: [Node] = []
                for state in states {
                    guard
                        let expansion = Expansion(
                            axis: axes[axis], failed: state, graph: graph, children: ties.children[axis],
                            rows: rows[axis], work: &work)
                    else { throw .entangled(order) }
                    var node = Node(activeMembers: expansion.activeMembers, rows: expansion.rows, segments: [])
                    for run in expansion.runs {
                        let next = index(of: run.state)
                        if let last = node.segments.last, last.next == next {
                            node.segments[node.segments.count - 1].length += run.length
                        } else {
                            node.segments.append(Segment(first: run.first, length: run.length, next: next))
                        }
                    }
                    level.append(node)
                }
                levels.append(level)
                states = nextStates
            }
            countPoints()
        }

        /// From the last level up.
        private mutating func countPoints() {
            for depth in levels.indices.reversed() {
                for node in levels[depth].indices {
                    var count = 0
                    for index in levels[depth][node].segments.indices {
                        let segment = levels[depth][node].segments[index]
                        let weight = depth + 1 < levels.count ? levels[depth + 1][segment.next].count : 1
                        levels[depth][node].segments[index].start = count
                        levels[depth][node].segments[index].weight = weight
                        count = count.addingSaturating(segment.length.multipliedSaturating(by: weight))
                    }
                    levels[depth][node].count = count
                }
            }
        }

        func appendRows(at rank: Int, to chosen: inout [Choice]) {
            var rank = rank
            var index = 0
            for (level, axis) in zip(levels, order) {
                let node = level[index]
                // The last segment that begins at or before the rank.
                var (low, high) = (0, node.segments.count - 1)
                while low < high {
                    let middle = (low + high + 1) / 2
                    if node.segments[middle].start <= rank { low = middle } else { high = middle - 1 }
                }
                let segment = node.segments[low]
                rank -= segment.start
                let position = segment.first + rank / segment.weight
                rank %= segment.weight
                if !node.activeMembers.isEmpty {
                    chosen.append((axis, node.rows?[position] ?? position, node.activeMembers))
                }
                index = segment.next
            }
        }
    }

    /// The rows of one axis under one state, as runs that lead to the same next state.
    struct Expansion {
        struct Run {
            var first: Int
            var length: Int
            var state: Set<Int>
        }

        let activeMembers: [Int]
        private(set) var rows: [Int]?
        private(set) var runs: [Run] = []

        /// nil when it would cost more than what is left of `work`.
        init?(axis: SpaceAxis, failed: Set<Int>, graph: ConditionGraph, children: [Int], rows: Rows, work: inout Int) {
            // With every child missing: the state after a row that satisfies nothing.
            let others = failed.subtracting(axis.members).union(children)
            let active = axis.members.indices.filter {
                !failed.contains(axis.members[$0]) && graph.canBeActive.contains(axis.members[$0])
            }
            activeMembers = active
            guard !active.isEmpty else {
                runs = [Run(first: 0, length: 1, state: others)]
                work -= 1 + others.count
                return
            }
            // For each row that matters: how many clauses of each child it satisfies.
            var satisfied: [Int: [Int: Int]] = [:]
            var needed: [Int: Int] = [:]
            for child in children {
                for clause in graph.clauses[child] {
                    guard let member = axis.members.firstIndex(of: clause.parent) else { continue }
                    needed[child, default: 0] += 1
                    work -= clause.values.count
                    guard work > 0 else { return nil }
                    guard active.contains(member) else { continue }
                    for row in Set(clause.values.flatMap({ rows.rowsOf(member, $0) })) {
                        satisfied[row, default: [:]][child, default: 0] += 1
                    }
                }
            }
            func state(_ row: Int) -> Set<Int> {
                guard let counts = satisfied[row] else { return others }
                return others.subtracting(counts.filter { $0.value == needed[$0.key] && !failed.contains($0.key) }.keys)
            }
            if let distinct = rows.distinct { self.rows = distinct(active) }
            work -= (1 + others.count) * ((self.rows ?? []).count + 2 * satisfied.count + 1)
            guard work > 0 else { return nil }
            if let listed = self.rows {
                runs = listed.indices.map { Run(first: $0, length: 1, state: state(listed[$0])) }
                return
            }
            var next = 0
            for row in satisfied.keys.sorted() {
                if row > next { runs.append(Run(first: next, length: row - next, state: others)) }
                runs.append(Run(first: row, length: 1, state: state(row)))
                next = row + 1
            }
            if next < rows.count { runs.append(Run(first: next, length: rows.count - next, state: others)) }
        }
    }
}

extension Int {
    /// For counts, which are not negative: `Int.max` instead of an overflow.
    func multipliedSaturating(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }

    func addingSaturating(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
