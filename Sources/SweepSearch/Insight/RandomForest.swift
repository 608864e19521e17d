/// A random forest of regression trees over features in 0...1 (-1: not there). L. Breiman, "Random Forests", Machine
/// Learning 45 (2001), with the settings of F. Hutter et al., "An Efficient Approach for Assessing Hyperparameter
/// Importance" (2014).
struct RandomForest: Sendable {
    struct Tree: Sendable {
        fileprivate struct Node: Sendable {
            /// -1: a leaf.
            var feature = -1
            var threshold = 0.0
            var left = 0
            var right = 0
            var value = 0.0
        }

        fileprivate var nodes: [Node] = []

        func value(at features: [Double]) -> Double {
            var node = nodes[0]
            while node.feature >= 0 { node = nodes[features[node.feature] <= node.threshold ? node.left : node.right] }
            return node.value
        }
    }

    private(set) var trees: [Tree] = []

    /// - Parameter rows: all of the same length, not empty.
    init(rows: [[Double]], values: [Double], trees count: Int, seed: UInt64) {
        for index in 0..<count {
            var random = SeededRandom(seed: seed, index: index)
            let sample = rows.indices.map { _ in Int.random(in: rows.indices, using: &random) }
            trees.append(Self.tree(rows, values, sample, &random))
        }
    }

    private static func tree(
        _ rows: [[Double]], _ values: [Double], _ sample: [Int], _ random: inout SeededRandom
    ) -> Tree {
        let dimensions = rows[0].count
        let tried = dimensions <= 12 ? max(1, (dimensions * 5 + 5) / 6) : max(10, dimensions / 3)
        var tree = Tree()
        tree.nodes.append(Tree.Node())
        var open: [(node: Int, members: [Int])] = [(0, sample)]
        while let (node, members) = open.popLast() {
            tree.nodes[node].value = members.reduce(0) { $0 + values[$1] } / Double(members.count)
            guard members.count >= 4 else { continue }
            var features = Array(0..<dimensions)
            features.shuffle(using: &random)
            var best: (gain: Double, feature: Int, threshold: Double) = (1e-12, -1, 0)
            for feature in features.prefix(tried) {
                split(members, by: feature, rows, values, best: &best)
            }
            guard best.feature >= 0 else { continue }
            let left = members.filter { rows[$0][best.feature] <= best.threshold }
            let right = members.filter { rows[$0][best.feature] > best.threshold }
            guard !left.isEmpty, !right.isEmpty else { continue }
            tree.nodes[node].feature = best.feature
            tree.nodes[node].threshold = best.threshold
            tree.nodes[node].left = tree.nodes.count
            tree.nodes[node].right = tree.nodes.count + 1
            open.append((tree.nodes.count, left))
            open.append((tree.nodes.count + 1, right))
            tree.nodes.append(Tree.Node())
            tree.nodes.append(Tree.Node())
        }
        return tree
    }

    /// The threshold that leaves the least variance, where it leaves less than `best`.
    private static func split(
        _ members: [Int], by feature: Int, _ rows: [[Double]], _ values: [Double],
        best: inout (gain: Double, feature: Int, threshold: Double)
    ) {
        let sorted = members.map { (x: rows[$0][feature], y: values[$0]) }.sorted { $0.x < $1.x }
        guard let first = sorted.first, let last = sorted.last, first.x < last.x else { return }
        let total = sorted.reduce(0) { $0 + $1.y }
        let count = Double(sorted.count)
        var left = 0.0
        for index in 0..<(sorted.count - 1) {
            left += sorted[index].y
            guard sorted[index].x < sorted[index + 1].x else { continue }
            let n = Double(index + 1)
            // The variance between the two sides, times the count.
            let gain = left * left / n + (total - left) * (total - left) / (count - n) - total * total / count
            if gain > best.gain { best = (gain, feature, (sorted[index].x + sorted[index + 1].x) / 2) }
        }
    }
}
