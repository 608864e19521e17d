import DequeModule
import SweepModel
import SweepSearch

/// Where the next trial comes from.
extension Sweep {
    /// Whether a slot would get a trial of this sweep.
    enum Offer: Equatable {
        case trial
        /// One is being computed, and worth the wait until then.
        case soon(Instant)
        case nothing
    }

    ///
    /// - Parameter place: where the slot is, if that matters.
    func offer(now: Instant, patience: Double, place: Place?) -> Offer {
        guard state.handsOutTrials, live.count < definition.parallel ?? .max else { return .nothing }
        if !waiting.isEmpty, endReason == nil { return .trial }
        if let place, promotion(on: place) != nil { return .trial }
        guard maySuggest else { return .nothing }
        guard isSlow, !hasInitial else { return .trial }
        if ahead.fresh > 0 || ahead.isDry { return .trial }
        let wait = ahead.ready.isEmpty ? patience : stalePatience(patience)
        // What is not asked yet will be at the end of this event.
        let limit = (ahead.asked?.at ?? now) + wait
        return now < limit ? .soon(limit) : .trial
    }

    /// How long a slot may wait for a suggestion that knows the newest results, where there is one that does not: a small
    /// part of what a trial takes.
    private func stalePatience(_ patience: Double) -> Double {
        min(patience, 0.02 * (gauge.meanDuration ?? 0))
    }

    /// The user's own starting points come first, whatever the method.
    private var hasInitial: Bool { nextInitial != nil }

    private var nextInitial: Point? {
        let count = history.observations.count
        guard !definition.record.editKeys.isEmpty else {
            return count < definition.initial.count ? definition.initial[count] : nil
        }
        // Points that people asked for meanwhile stand between them.
        guard !definition.initial.isEmpty, count < 2 * definition.initial.count + EditRequest.mostEntries else {
            return nil
        }
        return definition.initial.first { point in !history.observations.contains { $0.point.isSame(as: point) } }
    }

    /// The next point's trials: they now wait. None when nothing is to be suggested (now).
    mutating func suggest(now: Now) -> [TrialRecord] {
        guard maySuggest else { return [] }
        if let point = nextInitial {
            ahead.noteNews()
            return add(point, SuggestionNote(origin: "starting point"), now: now)
        }
        if isSlow { return suggestReady(now: now) }
        guard case .point(let point, let note) = definition.method.suggest(after: history) else {
            foundExhausted = true
            return []
        }
        endReason = limitReached(expecting: note.expectedImprovement)
        return endReason == nil ? add(point, note, now: now) : []
    }

    /// What was computed ahead; else a cheaper method's point, rather than leave a slot idle.
    private mutating func suggestReady(now: Now) -> [TrialRecord] {
        if let ready = ahead.popFirst() {
            endReason = limitReached(expecting: ready.note.expectedImprovement)
            return endReason == nil ? add(ready.point, ready.note, now: now) : []
        }
        guard let point = stopGap.point(after: history) else { return [] }
        ahead.noteNews()
        let why = ahead.asked.map { asked in
            "the search was still computing after \(NumberText.short(now.instant.seconds(since: asked.at))) s"
        }
        return add(point, SuggestionNote(origin: "random", remark: why), now: now)
    }

    /// Why it is not worth going on, if it is not. Each limit counts alone.
    ///
    /// - Parameter expected: what the search expects of its next point; nil where it says nothing of that.
    private func limitReached(expecting expected: Double?) -> String? {
        let limits = definition.limits
        if let least = limits.expectedImprovement, let expected, expected < least {
            return "the search expects no improvement above \(NumberText.short(least)) "
                + "(of the next trial: \(NumberText.short(expected)))"
        }
        if let patience = limits.patience, gauge.sinceImprovement >= patience {
            return "no improvement in the last \(patience) trials"
        }
        return nil
    }

    /// Nothing new once the time is up; what runs may end.
    mutating func noteTime(_ now: Now) {
        guard endReason == nil, let budget = definition.limits.timeBudget,
            now.wall.seconds(since: definition.record.created) >= budget
        else { return }
        endReason = "the time budget of \(NumberText.short(budget)) s is spent"
    }

    // MARK: Asking ahead

    /// A request for the next suggestion, if one is wanted and none is under way.
    mutating func ask(_ number: Int, now: Instant) -> SuggestionRequest? {
        guard isSlow, state.handsOutTrials, ahead.asked == nil, !ahead.isDry, !hasInitial, maySuggest else {
            return nil
        }
        let fresh = ahead.ready.filter { $0.revision == ahead.revision }
        let room = (definition.pointCap ?? .max) - history.observations.count
        let rate = gauge.meanDuration.map { Double(max(1, live.count)) / max($0, 1e-3) } ?? 0
        guard fresh.count < min(ahead.wanted(rate: rate), room) else { return nil }
        ahead.ask(
            .init(
                number: number, revision: ahead.revision, observations: history.observations.count,
                included: fresh.count, at: now))
        var asked = history
        asked.observations += fresh.map { Observation(point: $0.point, status: .pending) }
        return SuggestionRequest(sweep: id, number: number, method: definition.method, history: asked)
    }

    /// Takes the answer to the newest request.
    mutating func take(_ suggestion: Suggestion, now: Instant) {
        guard let asked = ahead.asked else { return }
        let since = history.observations.dropFirst(asked.observations).map(\.point)
        let isOver = ahead.take(suggestion, after: now.seconds(since: asked.at)) { point in
            !since.contains { $0.isSame(as: point) }
        }
        if isOver { foundExhausted = true }
    }
}
