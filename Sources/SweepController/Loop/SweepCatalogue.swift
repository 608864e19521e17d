import SweepDashboard
import SweepEngine
import SweepModel
import SweepSearch
import SweepSpec
import Synchronization

/// What a sweep's file says beyond what the engine needs: how its trials are launched and how it is shown.
struct SweepPlan: Sendable {
    var launch: LaunchSpec
    var method: String
    var objective: Objective?
    /// The objectives after the first.
    var further: [Objective] = []
    /// Its trials are still being added (`sweep import`).
    var isImporting = false
    /// Who is told of what.
    var notify: Notify?
    /// Which versions of its artifacts stay; nil: all.
    var keep: KeepRules?
    /// Metrics that are computed from others.
    var derived: [DerivedMetric] = []
    var priority: Int
    /// Trials that it will have at most; nil: no bound.
    var expected: Int?
    /// The points of its space; nil: without end.
    var size: Int?
    /// What pages show of the file; nil when it cannot be read.
    var facts: SweepFacts?
    /// Why its stored file can no longer be read. Such a sweep stands still.
    var problem: String?
}

/// The plans of all sweeps: written at creation and start, read by the engine loop and by requests.
final class SweepCatalogue: Sendable {
    private let plans = Mutex<[SweepID: SweepPlan]>([:])

    subscript(id: SweepID) -> SweepPlan? {
        get { plans.withLock { $0[id] } }
        set { plans.withLock { $0[id] = newValue } }
    }

    var count: Int { plans.withLock { $0.count } }
}

/// A sweep file as the engine and the catalogue take it.
struct ReadSweep: Sendable {
    var definition: SweepDefinition
    var plan: SweepPlan

    /// What a restart wants to know of its live attempts.
    var wishes: LoadWishes {
        LoadWishes(
            metrics: definition.objectives.map(\.metric),
            track: definition.rule != nil || definition.fidelity != nil, position: definition.fidelity?.metric,
            places: definition.rule?.pauses == true)
    }

    /// - Parameter prior: results of earlier sweeps to learn from.
    /// - Throws: what is wrong with the spec's method for its space.
    init(_ spec: SweepSpec, record: SweepRecord, prior: [PriorTrial] = []) throws(SweepError) {
        let method = try spec.makeMethod(
            seed: record.seed, prior: prior.compactMap { $0.observation(in: spec) },
            isChanged: !record.editKeys.isEmpty)
        let repetitions = max(1, spec.repetitions)
        let pointCap = spec.runCap.map { max(1, $0 / repetitions) }
        definition = SweepDefinition(
            record: record, space: spec.space, method: method, objective: spec.objective, pointCap: pointCap,
            parallel: spec.parallel, retries: spec.retries, maxLosses: spec.maxLosses, repetitions: repetitions,
            gpus: spec.launch.gpus, priority: spec.priority)
        definition.further = spec.further
        definition.rule = try spec.makeStoppingRule(seed: record.seed)
        definition.fidelity = spec.objective == nil ? nil : spec.fidelity
        definition.initial = spec.initial
        definition.excluded = spec.excluded
        definition.alerts = spec.notify?.rules
        definition.limits = SweepLimits(
            timeBudget: spec.timeBudget, expectedImprovement: spec.stopWhen?.expectedImprovement,
            patience: spec.stopWhen?.patience)
        var launch = spec.launch
        launch.createdIn = record.createdIn
        launch.sweepName = record.name
        if definition.rule?.pauses == true { launch.pauses = true }
        let points = [pointCap, method.size].compactMap { $0 }.min()
        let expected = points.map { $0.multipliedReportingOverflow(by: repetitions) }
        plan = SweepPlan(
            launch: launch, method: spec.method, objective: spec.objective, priority: spec.priority,
            expected: expected.map { $0.overflow ? .max : $0.partialValue }, size: method.size)
        plan.further = spec.further
        plan.facts = SweepFacts(spec, expected: plan.expected)
        plan.derived = spec.derived
        plan.notify = spec.notify
        plan.keep = spec.keep
    }

    /// How many trials there will be, of a grid that was edited: known only with what was tried.
    mutating func count(tried: () throws(SweepError) -> [Point]) throws(SweepError) {
        guard let changed = definition.method as? ChangedSearch, let total = changed.total(known: try tried()) else {
            return
        }
        let points = definition.pointCap.map { min($0, total) } ?? total
        let (trials, isTooMany) = points.multipliedReportingOverflow(by: definition.repetitions)
        plan.expected = isTooMany ? .max : trials
        plan.facts?.expected = plan.expected
    }

    /// A stored sweep. One whose file today's parser refuses stands still with the reason; its record stays as it is, so
    /// that a version which can read it goes on with it.
    init(stored record: SweepRecord, prior: [PriorTrial]) {
        let problem: String
        let result = SpecParser.parse(
            record.yaml, folder: SweepFile.folder(record.file, createdIn: record.createdIn))
        if let spec = result.spec {
            do {
                self = try ReadSweep(spec, record: record, prior: prior)
                return
            } catch {
                problem = error.description
            }
        } else {
            problem = result.errors.first?.message ?? "it cannot be read"
        }
        var standing = record
        if record.state == .running { standing.state = .paused }
        standing.reason = "this version cannot read its file: \(problem)"
        definition = SweepDefinition(
            record: standing, space: SearchSpace(parameters: []), method: NoMethod(), objective: nil)
        plan = SweepPlan(
            launch: LaunchSpec(command: []), method: "unknown", priority: 0, problem: standing.reason)
    }
}

/// Stands in for the method of a sweep that cannot be read: suggests nothing.
private struct NoMethod: SearchMethod {
    static let name = "none"
    let size: Int? = 0

    init() {}

    init(problem: SearchProblem) throws(SweepError) {}

    func suggest(after history: SearchHistory) -> Suggestion { .exhausted }
}

enum SweepFile {
    /// The folder of a sweep's file, absolute; nil where it is not known.
    static func folder(_ file: String?, createdIn: String?) -> String? {
        guard let file, let slash = file.lastIndex(of: "/") else { return createdIn }
        if file.hasPrefix("/") { return slash == file.startIndex ? "/" : String(file[..<slash]) }
        return createdIn.map { $0 + "/" + file[..<slash] }
    }
}
