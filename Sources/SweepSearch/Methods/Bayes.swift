import Glibc
package import SweepModel
import Synchronization

/// Bayesian optimisation: a Gaussian process over the whole space, and the point where it expects the most improvement.
///
/// A few points that fill the space, then suggestion after suggestion from everything known: finished trials by their
/// values, failed ones by where they failed, pending ones by joint samples of what they may give. No point of a finite
/// space is suggested twice. See the target's documentation for the design and what was measured.
package struct Bayes: SearchMethod {
    package static let name = "bayes"

    /// Where trials are stopped early a look elsewhere is cheap: each fourth point is one of the starting design's, so
    /// that a model that is wrong costs little.
    private static let designStride = 4

    let problem: SearchProblem
    let cube: SearchCube
    let encoding: SpaceEncoding
    let blas: OpenBLAS
    private let starts: SobolSequence
    let candidates: SobolSequence
    private let directions: SobolSequence
    let novelty: Novelty
    /// Rows of `problem.prior`.
    let priorRows: [[Double]]
    /// Where trials have a length.
    let fidelity: Fidelity?
    let settings: BayesSettings
    private let memo = MemoBox()

    /// - Throws: when OpenBLAS is not installed.
    package init(problem: SearchProblem) throws(SweepError) {
        try self.init(problem: problem, settings: BayesSettings())
    }

    package init(problem: SearchProblem, settings: BayesSettings) throws(SweepError) {
        blas = try OpenBLAS.load()
        var problem = problem
        // What earlier sweeps found is a value of one objective.
        if problem.goals.count > 1 { problem.prior = [] }
        self.problem = problem
        self.settings = settings
        cube = SearchCube(problem.space)
        encoding = SpaceEncoding(problem.space)
        starts = SobolSequence(dimensions: cube.dimensionCount, seed: problem.seed)
        // In very many dimensions even points are no better than independent ones.
        candidates = SobolSequence(dimensions: min(encoding.dimensions.count, 24), seed: SeededRandom.mix(problem.seed))
        directions = SobolSequence(dimensions: problem.goals.count, seed: problem.seed &+ 23)
        novelty = Novelty(encoding, problem: problem)
        fidelity = problem.fidelity.flatMap { $0.max > $0.min ? $0 : nil }
        priorRows = problem.prior.map { [encoding] in encoding.row(of: $0.point) }
    }

    /// No point is suggested twice.
    package var size: Int? { novelty.size }
    package var isSlow: Bool { true }

    package func suggest(after history: SearchHistory) -> Suggestion {
        guard problem.goals.count > 1 else { return suggestion(after: history) }
        let direction = ParetoDirection(history.observations.count, problem: problem, sequence: directions)
        guard case .point(let point, let note) = suggestion(after: direction.seen(history)) else { return .exhausted }
        return .point(point, direction.note(note))
    }

    private func suggestion(after history: SearchHistory) -> Suggestion {
        let index = history.observations.count
        var state = memo.take()
        defer { memo.put(state) }
        state.follow(history, encoding: encoding, cube: cube, problem: problem)
        if let size, state.seen.count >= size { return .exhausted }
        let isOfDesign = fidelity != nil && index.isMultiple(of: Self.designStride)
        if !isOfDesign, index >= problem.initial.count + wantedStarts,
            let suggestion = modelledByFidelity(index, history: history, state: &state)
        {
            return suggestion
        }
        let evidence = evidence(history, rows: state.rows)
        if isOfDesign || isStarting(index: index, evidence: evidence) { return start(index, seen: state.seen) }
        return modelled(index, history: history, evidence: evidence, state: &state)
    }

    /// Whether the space is still to be looked over before a model says more.
    private func isStarting(index: Int, evidence: Evidence) -> Bool {
        if encoding.dimensions.isEmpty { return true }
        return evidence.values.count < 2
            || index - problem.initial.count + evidence.priorCount < wantedStarts
    }

    private var wantedStarts: Int { max(settings.startCount, min(problem.parallel ?? 1, 64)) }

    /// A point of the design that fills the space: the middle, then a Sobol sequence.
    private func start(_ index: Int, seen: Set<PointIdentity>) -> Suggestion {
        let note = SuggestionNote(origin: "starting design")
        if index == 0, settings.beginsInMiddle {
            let middle = cube.point(at: [])
            if novelty.isOpen(middle, seen) { return .point(middle, note) }
        }
        var random = SeededRandom(seed: ~problem.seed, index: index)
        for attempt in 0..<64 {
            var coordinates = starts.point(at: index + attempt * 7919)
            while coordinates.count < cube.dimensionCount { coordinates.append(random.nextUnit()) }
            let point = cube.point(at: coordinates)
            if size == nil && !encoding.isDiscrete ? !problem.isExcluded(point) : novelty.isOpen(point, seen) {
                return .point(point, note)
            }
        }
        return novelty.unseen(seen, &random, note: note)
    }
}

/// The memo of one search method, for one caller at a time; a second caller works without.
private final class MemoBox: Sendable {
    private let kept = Mutex<BayesMemo?>(nil)

    func take() -> BayesMemo {
        kept.withLock { memo in
            defer { memo = nil }
            return memo
        } ?? BayesMemo()
    }

    func put(_ memo: BayesMemo) { kept.withLock { $0 = memo } }
}
