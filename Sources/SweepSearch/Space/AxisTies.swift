import SweepModel

/// Which axes the conditions tie together.
struct AxisTies: Sendable {
    /// For each axis the parameters with a condition on one of its members.
    let children: [[Int]]
    /// Axes that are tied together, directly or not, in the order of their first axes. Axes of which no parameter can
    /// ever be active are left out.
    let components: [[Int]]
    private let parents: [[Int]]

    init(axes: [SpaceAxis], graph: ConditionGraph, parameterCount: Int) {
        var axisOf = [Int](repeating: 0, count: parameterCount)
        for (index, axis) in axes.enumerated() {
            for member in axis.members { axisOf[member] = index }
        }
        var children = [[Int]](repeating: [], count: axes.count)
        var parents = [Set<Int>](repeating: [], count: axes.count)
        for child in graph.parentsFirst.sorted() {
            for parent in Set(graph.clauses[child].map { axisOf[$0.parent] }) {
                children[parent].append(child)
                parents[axisOf[child]].insert(parent)
            }
        }
        var group = Array(axes.indices)
        func root(_ axis: Int) -> Int {
            var axis = axis
            while group[axis] != axis {
                group[axis] = group[group[axis]]
                axis = group[axis]
            }
            return axis
        }
        for axis in axes.indices {
            for parent in parents[axis] {
                let (a, b) = (root(axis), root(parent))
                group[max(a, b)] = min(a, b)
            }
        }
        let possible = axes.indices.filter { axes[$0].members.contains { graph.canBeActive.contains($0) } }
        let grouped = Dictionary(grouping: possible, by: root)
        self.children = children
        self.parents = parents.map { $0.sorted() }
        components = grouped.keys.sorted().compactMap { grouped[$0] }
    }

    /// `component` with every axis after its parents, and otherwise in order; nil when there is a circle.
    ///
    /// Its parents come right before an axis, so that few conditions are open at a time.
    func parentsFirst(_ component: [Int]) -> [Int]? {
        var order: [Int] = []
        var (open, done): (Set<Int>, Set<Int>) = ([], [])
        for axis in component {
            var stack = [axis]
            while let top = stack.last {
                if done.contains(top) {
                    stack.removeLast()
                    continue
                }
                let missing = parents[top].filter { !done.contains($0) }
                if missing.isEmpty {
                    done.insert(top)
                    order.append(top)
                    stack.removeLast()
                } else {
                    guard open.insert(top).inserted else { return nil }
                    stack.append(contentsOf: missing.reversed())
                }
            }
        }
        return order
    }
}
