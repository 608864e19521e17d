import SweepModel

/// Objective against trial number, thinned for a chart of some pixels.
struct SweepHistory: Sendable {
    /// Indices of trials, ascending: of each pixel column and state those with the smallest and the largest value.
    private(set) var indices: [Int] = []
    /// Indices of the trials that were the best when they ended, in the order of their numbers.
    private(set) var bests: [Int] = []

    init(_ columns: TrialColumns, goal: Objective.Goal, width: Int) {
        guard let first = columns.numbers.first, let last = columns.numbers.last else { return }
        let scale = last > first ? Double(width) / Double(last - first) : 0
        var extremes: [TrialState: (low: Int, high: Int)] = [:]
        var kept: [Int] = []
        var current = -1
        var best: Double?
        func flush() {
            for (low, high) in extremes.values { kept += low == high ? [low] : [low, high] }
            extremes = [:]
        }
        for index in columns.numbers.indices {
            guard let value = columns.objectives[index], value.isFinite else { continue }
            let state = columns.states[index]
            let column = Int(Double(columns.numbers[index] - first) * scale)
            if column != current {
                flush()
                current = column
            }
            if let (low, high) = extremes[state] {
                let isLower = columns.objectives[low].map { value < $0 } ?? true
                let isHigher = columns.objectives[high].map { value > $0 } ?? true
                extremes[state] = (isLower ? index : low, isHigher ? index : high)
            } else {
                extremes[state] = (index, index)
            }
            if state == .completed || state == .pruned, best.map({ goal.prefers(value, to: $0) }) ?? true {
                best = value
                bests.append(index)
            }
        }
        flush()
        indices = kept.sorted()
    }

    func write(_ columns: TrialColumns, into json: inout JSONBytes) {
        json.members("number", indices.map { columns.numbers[$0] })
        json.array("objective") { json in for index in indices { json.value(columns.objectives[index]) } }
        json.member(
            "states",
            String(decoding: indices.map { TrialColumns.letter(columns.states[$0]) }, as: UTF8.self))
        json.members("bestNumber", bests.map { columns.numbers[$0] })
        json.array("best") { json in for index in bests { json.value(columns.objectives[index]) } }
    }
}
