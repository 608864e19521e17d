import DequeModule
import SweepModel
import SweepSearch

/// One sweep's state inside the engine. Trials are numbered from 1 without gaps: trial n is `trials[n - 1]`.
struct Sweep: Sendable {
    /// Behind a reference, so that a copy of the sweep, of which each event makes some, stays cheap. Only an edit puts another
    /// in its place.
    var fixed: Fixed
    var state: SweepState
    var reason: String?
    var ended: Timestamp?
    /// One observation a suggested point, in the order of suggestion.
    var history: SearchHistory
    var trials: [Trial] = []
    /// Trials in state `waiting`, next first.
    var waiting: Deque<Int> = []
    /// Live attempts by trial number.
    var live: [Int: Live] = [:]
    /// The method said that the space is used up.
    var foundExhausted = false
    /// How many points the method has; nil: without end.
    var size: Int?
    /// The objective's target was reached, or its limits were: why nothing more is handed out.
    var endReason: String?
    /// The learning curves, where a stopping rule or the search goes by them.
    var book: CurveBook?
    /// Trials that were stopped early and may go on, with the machine on which each ran: its checkpoint lies there.
    var paused: [Int: String] = [:]
    /// Of a slow method: its next suggestions.
    var ahead = SuggestionsAhead()
    var gauge = ProgressGauge()
    var alerts = AlertGauge()
    /// Trials in a final state.
    var finalCount = 0

    init(definition: SweepDefinition) {
        fixed = Fixed(definition)
        state = definition.record.state
        reason = definition.record.reason
        ended = definition.record.ended
        history = SearchHistory(goal: definition.objective?.goal ?? .minimize)
        size = definition.method.size
        alerts.count = definition.record.alertCount
        book = definition.emptyBook
    }

    var definition: SweepDefinition { fixed.definition }

    /// Suggestions come from beside the loop.
    var isSlow: Bool { fixed.isSlow }
    var stopGap: StopGap { fixed.stopGap }

    final class Fixed: Sendable {
        let definition: SweepDefinition
        let isSlow: Bool
        let stopGap: StopGap

        init(_ definition: SweepDefinition) {
            self.definition = definition
            isSlow = definition.method.isSlow
            stopGap = StopGap(space: definition.space, seed: definition.record.seed, excluded: definition.excluded)
        }
    }

    var id: SweepID { definition.id }

    /// Every point of the space has been suggested. Known as soon as the last one is, not only when a slot asks again.
    var isExhausted: Bool { foundExhausted || history.observations.count >= size ?? .max }

    /// A further point may be suggested.
    var maySuggest: Bool {
        !isExhausted && endReason == nil && history.observations.count < definition.pointCap ?? .max
    }

    /// Nothing is left to do in it, now or later.
    var isDone: Bool {
        state == .running && live.isEmpty && !maySuggest && (waiting.isEmpty || endReason != nil)
            && promotion(on: nil) == nil
    }

    /// The trial `number`; nil when there is none.
    func trial(_ number: Int) -> Trial? { trials.indices.contains(number - 1) ? trials[number - 1] : nil }
}

/// One trial's state inside the engine. Small: a controller holds hundred thousands of them.
struct Trial: Sendable {
    let number: Int
    let point: Int
    let repetition: Int
    var state = TrialState.waiting
    /// The newest attempt's number.
    var attempt = 0
    var failures = 0
    var losses = 0
    var objective: Double?
    /// The objectives after the first.
    var further: [Double] = []
    var step: Int?
    /// The newest attempt that its learning curve knows.
    var curveAttempt = 0
    var reason: String?
    var started: Timestamp?
    var ended: Timestamp?
}

/// The newest attempt of a trial that holds a slot.
struct Live: Sendable {
    let attempt: AttemptID
    let slot: SlotID
    var leaseEnds: Instant
    /// Messages up to this number are recorded.
    var acknowledged = 0
    var startedAt: Instant?
    /// Of a script whose reports have no step: how many there were before this attempt, which goes on from there.
    var reportsBefore = 0
    /// The trial has a value of an earlier attempt, from whose checkpoint this one goes on.
    var goesOn = false
    var summary = ObjectiveSummary()
    /// Of the objectives after the first.
    var further: [ObjectiveSummary] = []
    /// Last value of each metric, at most `metricLimit` of them.
    var metrics: [String: Double] = [:]
    /// The stop that was ordered.
    var stop: StopReason?
    var stopDetail: String?

    static let metricLimit = 10_000

    /// Takes one report.
    mutating func take(_ report: Report, _ definition: SweepDefinition) {
        let objective = definition.objective?.metric
        for (name, value) in report.metrics
        where metrics.count < Self.metricLimit || name == objective || metrics[name] != nil {
            metrics[name] = value
        }
        guard let objective else { return }
        if let value = report.metrics[objective] { summary.add(value, step: report.step) }
        guard !definition.further.isEmpty else { return }
        if further.count != definition.further.count {
            further = Array(repeating: ObjectiveSummary(), count: definition.further.count)
        }
        for (index, objective) in definition.further.enumerated() {
            if let value = report.metrics[objective.metric] { further[index].add(value, step: report.step) }
        }
    }

    /// The final values of the objectives after the first; empty until all of them have one.
    func furtherValues(_ definition: SweepDefinition) -> [Double] {
        guard further.count == definition.further.count else { return [] }
        let values = zip(further, definition.further).compactMap { summary, objective in
            summary.value(objective.summary).flatMap { $0.isFinite ? $0 : nil }
        }
        return values.count == further.count ? values : []
    }
}

/// An agent's state inside the engine.
struct Agent: Sendable {
    let id: AgentID
    var incarnation: String
    var name: String
    var host: String
    var sweep: SweepID?
    var slots: [Slot]
    var isConnected: Bool
    var lastSeen: Now

    /// The slot that the standby `index` belongs to; any other is its own.
    func primary(of index: Int) -> Int { slots.indices.contains(index) ? slots[index].turns[0] : index }

    /// A trial for this slot would wait there until another one has ended.
    func isAhead(_ index: Int) -> Bool {
        slots.indices.contains(index) && slots[index].turns.contains { $0 != index && slots[$0].attempt != nil }
    }

    /// - Returns: false when there is no such slot.
    mutating func setIdle(_ index: Int, _ isIdle: Bool) -> Bool {
        guard slots.indices.contains(index) else { return false }
        slots[index].isIdle = isIdle
        return true
    }

    /// The slot no longer holds the attempt.
    mutating func free(_ index: Int, of attempt: AttemptID) {
        if slots.indices.contains(index), slots[index].attempt == attempt { slots[index].attempt = nil }
    }
}

struct Slot: Sendable {
    let info: ConnectedAgent.Slot
    /// The attempt that it runs, or is to run.
    var attempt: AttemptID?
    /// It asked for a trial and got none yet.
    var isIdle = false
    /// It asked while its last trial had not ended, as far as is known.
    var isWanted = false
    /// In Celsius, as its agent said last.
    var degrees: Double?
    /// Why its agent does not offer it.
    var problem: String?
    /// Of a standby, its slot's counts.
    var breaker = SlotBreaker()
    /// The indices of those that take turns, itself among them: the slot first, then its standbys.
    private(set) var turns: [Int]
    private(set) var isStandby = false

    private init(_ info: ConnectedAgent.Slot, _ index: Int) {
        self.info = info
        turns = [index]
    }

    /// An agent's slots. A standby of a slot that is not there, or of a standby, is a slot like others.
    static func all(_ infos: [ConnectedAgent.Slot]) -> [Slot] {
        var slots = infos.enumerated().map { Slot($0.element, $0.offset) }
        for (index, info) in infos.enumerated() {
            guard let primary = info.standbyFor, primary != index, infos.indices.contains(primary),
                infos[primary].standbyFor == nil
            else { continue }
            slots[primary].turns.append(index)
            slots[index].isStandby = true
        }
        for index in slots.indices where !slots[index].isStandby {
            for turn in slots[index].turns { slots[turn].turns = slots[index].turns }
        }
        return slots
    }
}
