/// The order of points with several values, all to be minimised.
enum ParetoOrder {
    /// Whether `a` is nowhere worse than `b` and somewhere better.
    static func dominates(_ a: [Double], _ b: [Double]) -> Bool {
        var isBetter = false
        for (x, y) in zip(a, b) {
            if x > y { return false }
            if x < y { isBetter = true }
        }
        return isBetter
    }

    /// The front of each: 0 is dominated by none, 1 only by those of 0, and so on (K. Deb et al., "A fast and elitist
    /// multiobjective genetic algorithm: NSGA-II", IEEE TEC 6, 2002).
    static func fronts(_ values: [[Double]]) -> [Int] {
        var rank = [Int](repeating: -1, count: values.count)
        // In lexicographic order nothing is dominated by what comes after it.
        let order = values.indices.sorted { a, b in
            values[a] == values[b] ? a < b : values[a].lexicographicallyPrecedes(values[b])
        }
        var fronts: [[Int]] = []
        for index in order {
            // Binary search over the fronts: who is dominated by a member of one is so by all before it.
            var (low, high) = (0, fronts.count)
            while low < high {
                let middle = (low + high) / 2
                if fronts[middle].contains(where: { dominates(values[$0], values[index]) }) {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            if low == fronts.count { fronts.append([]) }
            fronts[low].append(index)
            rank[index] = low
        }
        return rank
    }

    /// All indices from best to worst: by front, within a front by
    /// the distance to their neighbours (NSGA-II).
    static func ranked(_ values: [[Double]]) -> [Int] {
        let rank = fronts(values)
        let spread = crowding(values, rank)
        return values.indices.sorted { a, b in
            rank[a] != rank[b] ? rank[a] < rank[b] : spread[a] != spread[b] ? spread[a] > spread[b] : a < b
        }
    }

    /// How alone each is in its front: the sum over the goals of the normalised distance between its neighbours.
    private static func crowding(_ values: [[Double]], _ rank: [Int]) -> [Double] {
        var spread = [Double](repeating: 0, count: values.count)
        let goals = values.first?.count ?? 0
        for front in Dictionary(grouping: values.indices, by: { rank[$0] }).values {
            for goal in 0..<goals {
                let order = front.sorted { (values[$0][goal], $0) < (values[$1][goal], $1) }
                guard let first = order.first, let last = order.last else { continue }
                let range = values[last][goal] - values[first][goal]
                spread[first] = .infinity
                spread[last] = .infinity
                guard range > 0, order.count > 2 else { continue }
                for position in 1..<(order.count - 1) {
                    spread[order[position]] +=
                        (values[order[position + 1]][goal] - values[order[position - 1]][goal]) / range
                }
            }
        }
        return spread
    }
}
