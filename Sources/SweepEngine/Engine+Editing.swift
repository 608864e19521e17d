import DequeModule
import OrderedCollections
package import SweepModel
package import SweepSearch

/// A sweep as it is to be from now on.
package struct SweepEdit: Sendable {
    package var definition: SweepDefinition
    package var record: EditRecord
    /// To be tried next, in order.
    package var points: [Point]

    package init(definition: SweepDefinition, record: EditRecord, points: [Point] = []) {
        self.definition = definition
        self.record = record
        self.points = points
    }
}

extension Engine {
    /// What was tried stays, and the search goes on from it in the space as it is now. A sweep that had come to its end for
    /// want of room goes on.
    mutating func sweepEdited(_ edit: SweepEdit, now: Now) -> [Effect] {
        let id = edit.definition.id
        guard let sweep = sweeps[id] else { return [noSweep(id)] }
        let keys = sweep.definition.record.editKeys
        if keys.contains(edit.record.key) { return [] }
        guard edit.record.row.number == keys.count + 1 else {
            return [.refuse(SweepError(.tryAgain, "sweep \(id) was changed meanwhile", remedy: "try again"))]
        }
        guard sweep.hasShape(of: edit.definition) else {
            return [.refuse(SweepError(.conflict, "an edit keeps the parameters, metrics and repeats of a sweep"))]
        }
        if let refusal = sweep.refusal(of: edit) { return [.refuse(refusal)] }
        sweeps[id]?.redefine(edit.definition)
        sweeps[id]?.restoreAlerts()
        let inserted = sweeps[id]?.enqueue(edit.points, now: now) ?? []
        var record = edit.record
        record.row.trials = inserted.map(\.id.number)
        var effects: [Effect] = [.persist(.sweepEdited(record))]
        effects += inserted.map { .persist(.trialInserted($0)) }
        if sweep.state == .finished, let changed = sweeps[id], changed.maySuggest || !changed.waiting.isEmpty {
            effects.append(setState(id, .running, reason: nil, ended: nil, now: now))
        } else {
            list(id, isActive: sweep.state.handsOutTrials)
        }
        return effects + fillIdleSlots(now: now) + finishIfDone(id, now: now)
    }
}

extension Sweep {
    fileprivate func hasShape(of other: SweepDefinition) -> Bool {
        definition.space.parameters.map(\.path) == other.space.parameters.map(\.path)
            && definition.repetitions == other.repetitions
            && definition.objectives.map(\.metric) == other.objectives.map(\.metric)
    }

    /// Why the points of an edit cannot be tried.
    fileprivate func refusal(of edit: SweepEdit) -> SweepError? {
        guard !edit.points.isEmpty else { return nil }
        guard state != .cancelled else {
            return SweepError(.conflict, "sweep \(id) is cancelled", remedy: "resume it first: 'sweep resume \(id)'")
        }
        let room = (edit.definition.pointCap ?? .max) - history.observations.count
        guard edit.points.count <= room else {
            return SweepError(
                .conflict, "the run cap leaves room for \(max(0, room)) of \(edit.points.count) points",
                remedy: "raise it as well: --run-cap")
        }
        for (index, point) in edit.points.enumerated() {
            if edit.points[..<index].contains(where: { $0.isSame(as: point) }) {
                return SweepError(.usage, "the same point is asked for twice", remedy: "give it once")
            }
            guard let known = history.observations.firstIndex(where: { $0.point.isSame(as: point) }) else { continue }
            let number = known * definition.repetitions + 1
            return SweepError(
                .conflict, "trial \(id)-\(number) has these parameters already",
                remedy: "to run it again: sweep retry \(id)-\(number)")
        }
        return nil
    }

    /// The points' trials wait before all others.
    fileprivate mutating func enqueue(_ points: [Point], now: Now) -> [TrialRecord] {
        guard !points.isEmpty else { return [] }
        let inserted = points.flatMap { add($0, SuggestionNote(origin: "asked for by a person"), now: now) }
        let numbers = inserted.map(\.id.number)
        waiting.removeLast(numbers.count)
        waiting.prepend(contentsOf: numbers)
        ahead.noteNews()
        return inserted
    }

    fileprivate mutating func redefine(_ definition: SweepDefinition) {
        let old = self.definition
        fixed = Fixed(definition)
        size = definition.method.size
        foundExhausted = false
        endReason = nil
        // What was computed for the old space is not handed out, and its answers are not waited for.
        ahead = SuggestionsAhead()
        remakeBook()
        if definition.limits.patience != nil, old.limits.patience == nil { restorePatience() }
        for trial in trials where trial.state == .completed { noteTarget(trial.number) }
    }

    /// The learning curves for the rule as it is now: those that were kept stay.
    private mutating func remakeBook() {
        guard var next = definition.emptyBook else {
            book = nil
            return
        }
        if book?.marks == next.marks { return }
        for (number, curve) in (book?.curves ?? [:]).sorted(by: { $0.key < $1.key }) {
            for point in curve.points { next.restore(trial: number, point) }
            if let end = curve.end { next.end(trial: number, as: end) }
        }
        let isNew = book == nil
        book = next
        if isNew { for trial in trials where trial.state.isFinal { close(trial.number, as: trial.state) } }
    }
}
