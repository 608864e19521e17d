package import SweepModel

/// A search without a controller: whoever holds it asks for points, reports and tells values, as the engine does.
///
/// A value: `sweep ask-tell`, `sweep simulate` and tests drive it, all by the same rules. Trials are numbered from 1 in
/// the order of asking; several may be outstanding.
package struct SearchRun: Sendable {
    /// Most trials of one run: what is kept of each costs some hundred bytes.
    package static let largestBudget = 1_000_000

    package let problem: SearchProblem
    package private(set) var history: SearchHistory
    /// What the trials reported.
    package private(set) var book: CurveBook
    private let method: any SearchMethod
    private let rule: (any StoppingRule)?
    private let cap: Int
    /// How many trials somebody else ran.
    private var told = 0
    /// Outstanding trials.
    package private(set) var pending: Set<Int> = []

    package init(problem: SearchProblem, method: any SearchMethod, rule: (any StoppingRule)? = nil) {
        self.problem = problem
        self.method = method
        self.rule = rule
        let goal = problem.goals.first ?? .minimize
        history = SearchHistory(goal: goal)
        book = CurveBook(goal: goal, marks: rule?.marks ?? [])
        cap = min(problem.budget ?? .max, method.size ?? .max, Self.largestBudget)
    }

    /// A trial to run.
    package struct Asked: Sendable, Hashable {
        package var trial: Int
        package var point: Point
        package var note: SuggestionNote
        /// It was paused, and goes on from its checkpoint of this step.
        package var from: Double?
    }

    /// The next trial, a paused one or a new one; nil: the budget is spent, or every point of a finite space was given, and
    /// no paused trial is to go on (as things stand: a report of a running one may change that).
    package mutating func ask() -> Asked? {
        if let resumed = resume(isLast: history.observations.count - told >= cap) { return resumed }
        guard history.observations.count - told < cap else { return nil }
        guard case .point(let point, let note) = next() else { return resume(isLast: true) }
        history.observations.append(Observation(point: point, status: .pending))
        let trial = history.observations.count
        pending.insert(trial)
        return Asked(trial: trial, point: point, note: note)
    }

    /// The file's own starting points come first, whatever the method.
    private func next() -> Suggestion {
        let index = history.observations.count - told
        guard problem.initial.indices.contains(index) else { return method.suggest(after: history) }
        return .point(problem.initial[index], SuggestionNote(origin: "starting point"))
    }

    /// Learns of a trial that somebody else ran, with its final value; nil: it failed. It takes up none of the budget, but
    /// its point counts as tried.
    ///
    /// - Throws: when the parameters are no point of the space, or there are too many trials.
    package mutating func tell(_ parameters: Parameters, _ value: Double?, further: [Double] = []) throws(SweepError) {
        guard history.observations.count < Self.largestBudget else {
            throw SweepError(.conflict, "\(history.observations.count) trials are all that one search takes")
        }
        let point = problem.space.point(of: parameters)
        guard SearchCube(problem.space).contains(point) else {
            throw SweepError(
                .usage, "these parameters are no point of the space",
                remedy: "give every parameter that takes part, with a value that the sweep file allows")
        }
        history.observations.append(Observation(point: point, status: .pending))
        pending.insert(history.observations.count)
        do throws(SweepError) {
            try tell(history.observations.count, value, further: further)
            told += 1
        } catch {
            pending.remove(history.observations.count)
            history.observations.removeLast()
            throw error
        }
    }

    private mutating func resume(isLast: Bool) -> Asked? {
        guard let rule, rule.pauses, let promotion = rule.promotion(in: book, isLast: isLast, where: { _ in true }),
            let index = try? index(of: promotion.trial)
        else { return nil }
        book.rewind(trial: promotion.trial, to: .infinity)
        history.observations[index].status = .pending
        pending.insert(promotion.trial)
        return Asked(
            trial: promotion.trial, point: history.observations[index].point,
            note: SuggestionNote(origin: "paused trial", remark: promotion.sentence), from: promotion.step)
    }

    /// The final value of a trial; nil, or no finite number: it failed. A trial that was stopped stays so, with the value
    /// that it had then: what it says afterwards is no value of a full training.
    ///
    /// - Parameter further: the other objectives' values, in the order of the problem's goals after the first.
    /// - Throws: when there is no such trial, or it has ended already.
    package mutating func tell(_ trial: Int, _ value: Double?, further: [Double] = []) throws(SweepError) {
        let index = try index(of: trial)
        guard pending.remove(trial) != nil else {
            if case .pruned = history.observations[index].status { return }
            throw SweepError(.conflict, "trial \(trial) has ended already", remedy: "tell each trial once")
        }
        guard further.count == max(problem.goals.count, 1) - 1 || value == nil else {
            pending.insert(trial)
            throw SweepError(
                .usage,
                "trial \(trial) has \(further.count + 1) values, the sweep has \(problem.goals.count) objectives",
                remedy: "tell one value for each objective, in the order of 'metrics'")
        }
        if let value, value.isFinite, further.allSatisfy(\.isFinite) {
            history.observations[index].status = .completed(value)
            history.observations[index].further = further
            book.end(trial: trial, as: .completed)
        } else {
            history.observations[index].status = .failed
            book.end(trial: trial, as: .failed)
        }
    }

    /// A value on the way. Once a trial is stopped every further report is answered with the same decision.
    ///
    /// - Throws: when there is no such trial, or it has ended otherwise.
    package mutating func report(_ trial: Int, step: Double, value: Double) throws(SweepError) -> StoppingDecision {
        let index = try index(of: trial)
        guard pending.contains(trial) else {
            if case .pruned = history.observations[index].status { return .stop(StoppingNote(rule: "stopped before")) }
            throw SweepError(.conflict, "trial \(trial) has ended already", remedy: "report before you tell")
        }
        guard let point = book.take(trial: trial, step: step, value: value) else { return .goOn }
        history.observations[index].curve.append(point)
        guard let rule, case .stop(let note) = rule.decide(on: trial, in: book) else { return .goOn }
        pending.remove(trial)
        book.end(trial: trial, as: .pruned)
        history.observations[index].status = .pruned(value)
        return .stop(note)
    }

    private func index(of trial: Int) throws(SweepError) -> Int {
        let index = trial &- 1
        guard history.observations.indices.contains(index) else {
            throw SweepError(
                .notFound, "there is no trial \(trial)", remedy: "give the id that an ask was answered with")
        }
        return index
    }
}
