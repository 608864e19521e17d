import SweepModel

/// What was computed for an earlier history. It only saves time: whatever is kept follows from the points of the history
/// and the status of a part of it, and is compared with them before it is used.
struct BayesMemo: Sendable {
    private(set) var points: [Point] = []
    private(set) var rows: [[Double]] = []
    private(set) var seen: Set<PointIdentity> = []
    /// What was learnt from the beginning of the history, and from what exactly.
    var checkpoint: Checkpoint?
    private var designed: [[Double]] = []

    struct Checkpoint: Sendable {
        var observations: [Observation]
        var goal: Objective.Goal
        var learnt: LearntParameters
    }

    /// The points of `sequence` that every search for the next suggestion begins with.
    mutating func design(_ sequence: SobolSequence) -> [[Double]] {
        if designed.isEmpty { designed = (0..<1024).map { sequence.point(at: $0) } }
        return designed
    }

    /// Makes `points`, `rows` and `seen` those of `history`.
    mutating func follow(_ history: SearchHistory, encoding: SpaceEncoding, cube: SearchCube, problem: SearchProblem) {
        let observations = history.observations
        let agrees =
            points.count <= observations.count
            && points.indices.allSatisfy { points[$0] == observations[$0].point }
        if !agrees {
            points = []
            rows = []
            seen = []
            checkpoint = nil
        }
        for observation in observations[points.count...] {
            points.append(observation.point)
            rows.append(encoding.row(of: observation.point))
            // What lies outside a space that was changed does not use it up.
            if !problem.isChanged || cube.contains(observation.point) { seen.insert(PointIdentity(observation.point)) }
        }
    }
}

/// What makes two points the same trial: `1` and `1.0` are.
struct PointIdentity: Hashable, Sendable {
    private let values: [ValueIdentity?]

    init(_ point: Point) { values = point.values.map { $0.map(ValueIdentity.init) } }
}

/// What the model learnt: the kernel's parameters, and the power of the values that they are for.
struct LearntParameters: Sendable, Hashable {
    var parameters: KernelParameters
    var power: Double
}
