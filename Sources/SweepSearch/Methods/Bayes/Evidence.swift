import SweepModel

/// What a history says to a model: rows of features with values, lower is better.
struct Evidence: Sendable {
    /// Rows with a finite value, in the order of the history (earlier sweeps' first).
    var rows: [[Double]] = []
    var values: [Double] = []
    /// Rows of trials that failed, diverged, or were ended without a value.
    var failed: [[Double]] = []
    var pending: [[Double]] = []
    /// For each value: its point's index in the history; nil: of an earlier sweep.
    var indices: [Int?] = []

    mutating func add(_ observation: Observation, row: [Double], index: Int?, goal: Objective.Goal) {
        func add(_ value: Double) {
            guard value.isFinite else {
                failed.append(row)
                return
            }
            rows.append(row)
            values.append(goal == .minimize ? value : -value)
            indices.append(index)
        }
        switch observation.status {
        case .pending: pending.append(row)
        case .completed(let value): add(value)
        case .pruned(let value): add(value ?? .nan)
        case .failed: failed.append(row)
        }
    }
}

/// What was computed for an earlier history. It only saves time: whatever is kept follows from the points of the history
/// and the status of a part of it, and is compared with them before it is used.
struct BayesMemo: Sendable {
    private(set) var points: [Point] = []
    private(set) var rows: [[Double]] = []
    private(set) var seen: Set<PointIdentity> = []
    /// Parameters learnt from the beginning of the history, by how many observations that was.
    var checkpoint: (count: Int, statuses: [Observation.Status], parameters: KernelParameters)?

    private var designed: [[Double]] = []

    /// The points of `sequence` that every search for the next suggestion begins with.
    mutating func design(_ sequence: SobolSequence) -> [[Double]] {
        if designed.isEmpty { designed = (0..<1024).map { sequence.point(at: $0) } }
        return designed
    }

    /// Makes `points`, `rows` and `seen` those of `history`.
    mutating func follow(_ history: SearchHistory, encoding: SpaceEncoding, initially: Set<PointIdentity>) {
        let observations = history.observations
        let agrees =
            points.count <= observations.count
            && points.indices.allSatisfy { points[$0] == observations[$0].point }
        if !agrees {
            points = []
            rows = []
            checkpoint = nil
        }
        if points.isEmpty { seen = initially }
        for observation in observations[points.count...] {
            points.append(observation.point)
            rows.append(encoding.row(of: observation.point))
            seen.insert(PointIdentity(observation.point))
        }
    }
}

/// What makes two points the same trial: `1` and `1.0` are.
struct PointIdentity: Hashable, Sendable {
    private let values: [ValueIdentity?]

    init(_ point: Point) { values = point.values.map { $0.map(ValueIdentity.init) } }
}
