package import SweepModel
import Synchronization

/// A method whose space was changed while it searched, or has regions that are excluded; or a grid with starting points.
///
/// The history stays whole: what was tried outside the space as it is now is still learnt from where the method can. A
/// grid goes on with the points that are left, in their order. Whatever else the method proposes inside an excluded region
/// is given back to it as a failure, a few times; then any allowed point is drawn, and where none is found in so many
/// draws the space is exhausted.
package struct ChangedSearch: SearchMethod {
    package static let name = "changed"

    /// How often a method is asked again; a slow one costs too much.
    static let trials = 4
    static let draws = 20_000
    /// Most points of a grid that are passed over in one suggestion.
    static let mostPassed = 500_000

    private let inner: any SearchMethod
    private let problem: SearchProblem
    private let cube: SearchCube
    private let grid: Grid?
    private let memo = GridMemo()

    package init(problem: SearchProblem) throws(SweepError) {
        throw SweepError(.usage, "there is no method 'changed'", remedy: "use 'sweep edit'")
    }

    package init(_ inner: any SearchMethod, problem: SearchProblem) {
        self.inner = inner
        self.problem = problem
        cube = SearchCube(problem.space)
        grid = inner as? Grid
    }

    /// Not known where parts are excluded, or points outside were tried.
    package var size: Int? { problem.isChanged || !problem.excluded.isEmpty ? nil : inner.size }
    package var isSlow: Bool { inner.isSlow }

    /// How many points there will be in all: those that are known, and what is left of the grid.
    ///
    /// - Returns: nil without a grid, or with one that is too long to be gone through.
    package func total(known points: [Point]) -> Int? {
        guard let grid, let count = grid.size, count <= Self.mostPassed else { return nil }
        let known = Set(points.lazy.map { PointIdentity($0) })
        let left = (0..<count).count { rank in
            let point = grid.point(at: rank)
            return !problem.isExcluded(point) && !known.contains(PointIdentity(point))
        }
        return points.count + left
    }

    package func suggest(after history: SearchHistory) -> Suggestion {
        if let grid { return next(of: grid, after: history) }
        var told = history
        // Asked again it may answer what it will say to a later history: then that is known.
        let known = inner.isSlow ? Set(history.observations.lazy.map { PointIdentity($0.point) }) : []
        for attempt in 0..<(inner.isSlow ? Self.trials : 1) {
            guard case .point(let point, var note) = inner.suggest(after: told) else { return .exhausted }
            if !problem.isExcluded(point), !known.contains(PointIdentity(point)) {
                if attempt > 0 { note.remark = "the points before it were excluded or known" }
                return .point(point, note)
            }
            told.observations.append(Observation(point: point, status: .failed))
        }
        return drawn(after: history)
    }

    private func next(of grid: Grid, after history: SearchHistory) -> Suggestion {
        let count = grid.size ?? .max
        return memo.following(history) { known, rank in
            for next in rank..<max(rank, min(count, rank + Self.mostPassed)) {
                let point = grid.point(at: next)
                guard problem.isExcluded(point) || known.contains(PointIdentity(point)) else { return .point(point) }
                rank = next + 1
            }
            return .exhausted
        }
    }

    /// Any allowed point: a stream of its own, so that no draw of the method comes twice.
    private func drawn(after history: SearchHistory) -> Suggestion {
        var random = SeededRandom(seed: SeededRandom.mix(problem.seed ^ 0xEDC1), index: history.observations.count)
        let isUnique = inner.isSlow && problem.space.size != .infinite
        let known = isUnique ? Set(history.observations.lazy.map { PointIdentity($0.point) }) : []
        let note = SuggestionNote(origin: "random", remark: "what the search proposed lay in an excluded region")
        for _ in 0..<Self.draws {
            let point = cube.point(at: (0..<cube.dimensionCount).map { _ in random.nextUnit() })
            if !problem.isExcluded(point), !known.contains(PointIdentity(point)) { return .point(point, note) }
        }
        return .exhausted
    }
}

/// What was read of a history, and how far the grid was passed over for it. It follows from the history, which only grows, and
/// only saves time: a long grid is not gone through, nor its history read, for each suggestion.
private final class GridMemo: Sendable {
    private struct State {
        var known: Set<PointIdentity> = []
        var count = 0
        var last: Point?
        /// Points before this rank are known or excluded.
        var rank = 0
    }

    private let state = Mutex(State())

    func following(_ history: SearchHistory, _ body: (Set<PointIdentity>, inout Int) -> Suggestion) -> Suggestion {
        state.withLock { state in
            let observations = history.observations
            // Another history, or an earlier state of this one: from the beginning.
            if observations.count < state.count || state.count > 0 && observations[state.count - 1].point != state.last
            {
                state = State()
            }
            for observation in observations[state.count...] { state.known.insert(PointIdentity(observation.point)) }
            (state.count, state.last) = (observations.count, observations.last?.point)
            return body(state.known, &state.rank)
        }
    }
}
