package import SweepModel

/// A way to end trials early: a function of (problem, curves so far), asked at each report that the book keeps.
///
/// What it once decided stands: the engine records each decision and never asks about that report again. A rule with
/// rungs judges a trial at a rung by the report that reaches it, and never again at that rung: what others report
/// later, and restarts, change nothing.
package protocol StoppingRule: Sendable {
    /// The spelling under `early_terminate: {type: …}` in YAML.
    static var name: String { get }

    /// The YAML keys that it takes beside `type`.
    static var keys: [StoppingKey] { get }

    /// Settings that work and do not do what they seem to.
    static func cautions(of settings: [String: ParameterValue]) -> [SweepError]

    /// Whether the trial that holds the best value of the sweep is never stopped.
    static var sparesBest: Bool { get }

    /// - Throws: `SweepError` with the key and the remedy.
    init(problem: StoppingProblem) throws(SweepError)

    /// The ordinal numbers of reports whose points the book must keep, ascending: `CurveBook(goal:marks:)`.
    var marks: [Int] { get }

    /// What becomes of `trial`, whose newest point the book has just taken in. Pure.
    func decide(on trial: Int, in book: CurveBook) -> StoppingDecision

    /// A trial that it stops is paused: it may be resumed from its checkpoint, when `promotion` says so.
    var pauses: Bool { get }

    /// Which of the stopped trials is to go on now. Asked when a slot is free, before a new point is. Pure.
    ///
    /// - Parameters:
    ///   - isLast: no new point will be suggested any more; with nil as the answer the sweep ends once its live trials have.
    ///   - isEligible: whether a stopped trial can go on where the slot is.
    func promotion(in book: CurveBook, isLast: Bool, where isEligible: (Int) -> Bool) -> Promotion?
}

extension StoppingRule {
    package static func cautions(of settings: [String: ParameterValue]) -> [SweepError] { [] }
    package static var sparesBest: Bool { false }
    package var marks: [Int] { [] }
    package var pauses: Bool { false }
    package func promotion(in book: CurveBook, isLast: Bool, where isEligible: (Int) -> Bool) -> Promotion? { nil }
}

/// A stopped trial that goes on.
package struct Promotion: Sendable, Hashable {
    package var trial: Int
    /// The step from which it goes on, and its best value up to there.
    package var step: Double
    package var value: Double
    /// Why it and why now, in one line.
    package var remark: String

    package init(trial: Int, step: Double, value: Double, remark: String) {
        self.trial = trial
        self.step = step
        self.value = value
        self.remark = remark
    }

    package var sentence: String { "goes on from step \(NumberText.short(step)): \(remark)" }
}

/// What a rule is told before the first report.
package struct StoppingProblem: Sendable {
    /// The keys under `early_terminate`, without `type`.
    package var settings: [String: ParameterValue]
    package var goal: Objective.Goal
    package var fidelity: Fidelity?
    package var seed: UInt64
    /// Most trials of the sweep (`run_cap`), where the file gives it.
    package var budget: Int?
    /// How many trials run at once, where it is known.
    package var parallel: Int?

    package init(
        settings: [String: ParameterValue] = [:], goal: Objective.Goal = .minimize, fidelity: Fidelity? = nil,
        seed: UInt64 = 0, budget: Int? = nil, parallel: Int? = nil
    ) {
        self.settings = settings
        self.goal = goal
        self.fidelity = fidelity
        self.seed = seed
        self.budget = budget
        self.parallel = parallel
    }
}

package enum StoppingDecision: Sendable, Hashable {
    case goOn
    case stop(StoppingNote)

    package var isStop: Bool { self != .goOn }
}

/// Why a trial was stopped: kept with it, shown by `sweep explain`. Values are in the objective's own units.
package struct StoppingNote: Sendable, Hashable, Codable {
    /// The rule's name.
    package var rule: String
    /// The step of the rung at which it was compared, and its value there.
    package var rung: Double?
    package var value: Double?
    /// What it would have had to reach.
    package var threshold: Double?
    /// The trials that it was compared with, best first, at most ten.
    package var neighbours: [Int]
    /// Whatever else a person should know, in one line.
    package var remark: String?
    /// The trial may go on later; nil: it may not.
    package var isPause: Bool?

    package init(
        rule: String, rung: Double? = nil, value: Double? = nil, threshold: Double? = nil, neighbours: [Int] = [],
        remark: String? = nil, isPause: Bool? = nil
    ) {
        self.rule = rule
        self.rung = rung
        self.value = value
        self.threshold = threshold
        self.neighbours = neighbours
        self.remark = remark
        self.isPause = isPause
    }
}
