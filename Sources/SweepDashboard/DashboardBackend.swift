package import SweepModel
package import SweepWire

/// What the pages need of the controller beyond its store. Everything else they read from the store themselves.
///
/// Called from any task; nothing here blocks its thread.
package protocol DashboardBackend: Sendable {
    /// What the sweep's file says; nil when there is no such sweep.
    func facts(of sweep: SweepID) -> SweepFacts?

    /// All sweeps, newest first, as `sweep list --json` gives them.
    func sweeps() async throws -> [SweepRow]

    /// The sweep that `text` names (an id, its beginning, or a name), with its YAML.
    func sweep(_ text: String) async throws -> SweepRow

    func agents() async throws -> [AgentRow]
    func status() async throws -> ControllerStatus

    /// Done once it is durable; goes the way of the same command (`sweep pause`, …).
    func perform(_ action: DashboardAction) async throws

    /// Which parameters matter, and what more trials may bring. Takes up to seconds.
    func insight(of sweep: SweepID) async throws -> SweepInsight

    /// What a model of the trials expects along each parameter, and over the two of `pair`: `{"slices", "contour",
    /// "learntFrom"}` as SweepSearch's Landscape has them, or `{"problem"}`. Takes up to seconds.
    func landscape(of sweep: SweepID, pair: (across: String, up: String)?) async throws -> ParameterValue

    /// Changes the note, tags and star of the sweep, or of one of its trials.
    func remark(_ sweep: SweepID, trial: Int?, _ change: RemarkChange) async throws -> Remark

    /// Changes the sweep while it runs, as `sweep edit` does.
    func edit(_ sweep: SweepID, _ request: EditRequest) async throws -> EditedSweep

    /// Versions of artifacts, newest first: of a sweep (what its trials made or were given), or of all.
    func artifacts(of sweep: SweepID?, name: String?) async throws -> [ArtifactRow]

    /// The version that `reference` names, and its files.
    func artifact(_ reference: String) async throws -> (ArtifactRow, [ArtifactFile])

    /// Up to `limit` bytes of a file's content.
    func content(_ digest: String, from offset: Int, limit: Int) async throws -> [UInt8]

    /// Tells what changes of a sweep from now on.
    func changes(of sweep: SweepID) -> any DashboardChanges

    /// Why the trial was tried and why it was stopped, in words; and the trials that it was compared with.
    func reasons(of trial: TrialID) async throws -> (facts: [(name: String, text: String)], neighbours: [Int])

    /// The files of an attempt's record that are there, with their sizes in bytes.
    func recordFiles(_ attempt: AttemptID) async throws -> [(name: String, size: Int)]

    /// Up to `limit` bytes of a file of the record, by its name in `recordFiles`.
    func record(_ attempt: AttemptID, _ file: String, from offset: Int, limit: Int) async throws -> [UInt8]

    /// A piece of an attempt's log.
    func log(_ attempt: AttemptID, from place: LogPlace) async throws -> LogSlice
}

/// What a person may do from a page.
package enum DashboardAction: Hashable, Sendable {
    case pause(SweepID)
    case resume(SweepID)
    case stop(SweepID)
    case cancel(SweepID)
    case retryFailed(SweepID)
    case cancelTrial(TrialID)
    case retryTrial(TrialID)
    /// A slot of an agent, or all of them, takes trials again.
    case release(String, slot: Int?)
}

/// What the sweep's search would say of it.
package struct SweepInsight: Hashable, Sendable {
    package struct Share: Hashable, Sendable {
        package var name: String
        /// Of the objective's variation, from 0 to 1, with its deviation.
        package var share: Double
        package var deviation: Double

        package init(name: String, share: Double, deviation: Double) {
            self.name = name
            self.share = share
            self.deviation = deviation
        }
    }

    package struct Forecast: Hashable, Sendable {
        package var trials: Int
        /// Of a better one among so many further trials, from 0 to 1.
        package var chance: Double
        package var improvement: Double
        /// `model`, or `order` of the values alone.
        package var basis: String

        package init(trials: Int, chance: Double, improvement: Double, basis: String) {
            self.trials = trials
            self.chance = chance
            self.improvement = improvement
            self.basis = basis
        }
    }

    package var shares: [Share]
    /// What is explained by several parameters together only.
    package var together: Double?
    package var learntFrom: Int
    /// Why there are no shares.
    package var problem: String?
    package var forecast: Forecast?

    package init(
        shares: [Share] = [], together: Double? = nil, learntFrom: Int = 0, problem: String? = nil,
        forecast: Forecast? = nil
    ) {
        self.shares = shares
        self.together = together
        self.learntFrom = learntFrom
        self.problem = problem
        self.forecast = forecast
    }
}

/// A subscription to one sweep: told what changed, not what it became.
package protocol DashboardChanges: Sendable {
    /// Yields when there is something to take.
    var wakes: AsyncStream<Void> { get }

    /// What changed since the last call: whether anything did, and the numbers of the trials that did.
    func take() -> (sweep: Bool, trials: Set<Int>)

    /// No more is told.
    func close()
}

package enum LogPlace: Hashable, Sendable {
    /// So many lines before the end.
    case tail(Int)
    /// A byte, as an earlier slice's `next` gave it.
    case offset(Int)
}

/// Consecutive output of an attempt.
package struct LogSlice: Hashable, Sendable {
    package var text: String
    /// Where this slice begins and the next one will, in bytes of the attempt's output.
    package var start: Int
    package var next: Int
    /// More is there already.
    package var hasMore: Bool

    package init(text: String, start: Int, next: Int, hasMore: Bool) {
        self.text = text
        self.start = start
        self.next = next
        self.hasMore = hasMore
    }
}

/// What a sweep's file says that pages show.
package struct SweepFacts: Hashable, Sendable {
    package var method: String
    package var objective: Objective?
    /// Trials that it will have at most; nil: no bound.
    package var expected: Int?
    /// Most trials at once; nil: no bound.
    package var parallel: Int?
    package var repetitions: Int
    /// GPUs of a trial: what its hours are multiplied with. 0: a share of a CPU.
    package var gpus: Int
    package var axes: [SweepAxis]
    /// Metrics that are computed from others.
    package var derived: [DerivedMetric]

    package init(
        method: String, objective: Objective? = nil, expected: Int? = nil, parallel: Int? = nil, repetitions: Int = 1,
        gpus: Int = 0, axes: [SweepAxis] = [], derived: [DerivedMetric] = []
    ) {
        self.method = method
        self.objective = objective
        self.expected = expected
        self.parallel = parallel
        self.repetitions = repetitions
        self.gpus = gpus
        self.axes = axes
        self.derived = derived
    }
}

/// A parameter as an axis of a chart: on the scale of its own law.
package struct SweepAxis: Hashable, Sendable {
    package enum Scale: String, Hashable, Sendable { case linear, log, category }

    package var name: String
    package var scale: Scale
    /// The ends of a number's range; nil where it has none.
    package var low: Double?
    package var high: Double?
    /// All values of a category, in the file's order.
    package var values: [ParameterValue]
    /// The law in a line, for people.
    package var law: String
    package var isConstant: Bool

    package init(
        name: String, scale: Scale, low: Double? = nil, high: Double? = nil, values: [ParameterValue] = [],
        law: String = "", isConstant: Bool = false
    ) {
        self.name = name
        self.scale = scale
        self.low = low
        self.high = high
        self.values = values
        self.law = law
        self.isConstant = isConstant
    }
}
