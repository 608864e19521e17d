package import SweepModel
import Synchronization

/// Covariance matrix adaptation: a normal law that moves and turns towards the better trials, generation by generation.
/// For many trials of smooth problems; see ``EvolutionStrategy``.
///
/// A generation is the next `lambda` trials that have ended, in the order of suggestion, so that no worker waits and the
/// state follows from the history. One objective only.
package struct CMAES: SearchMethod {
    package static let name = "cmaes"

    private let problem: SearchProblem
    private let encoding: SpaceEncoding
    private let novelty: Novelty
    private let progress: Progress

    /// - Throws: for several objectives.
    package init(problem: SearchProblem) throws(SweepError) {
        guard problem.goals.count <= 1 else {
            throw SweepError(
                .usage, "method 'cmaes' searches for one objective, the sweep has \(problem.goals.count)",
                remedy: "use method tpe, or give one metric")
        }
        self.problem = problem
        encoding = SpaceEncoding(problem.space)
        novelty = Novelty(encoding, problem: problem)
        progress = Progress(EvolutionStrategy(encoding: encoding, seed: problem.seed))
    }

    package var size: Int? { novelty.size }

    package var isSlow: Bool { true }

    package func suggest(after history: SearchHistory) -> Suggestion {
        let index = history.observations.count
        var random = SeededRandom(seed: problem.seed, index: index)
        let (strategy, learnt) = progress.strategy(after: history, problem: problem)
        let drawn = (0..<(novelty.size == nil ? 1 : 8)).map { _ in encoding.point(of: strategy.draw(using: &random)) }
        return novelty.suggestion(
            drawn, after: history, &random, note: SuggestionNote(origin: "cma-es", learntFrom: learnt))
    }

    /// How far the history was taken in: what it holds follows from the history, and only saves time.
    private final class Progress: Sendable {
        private struct State: Sendable {
            var strategy: EvolutionStrategy
            /// How many observations of the prior and the history were taken in; all of them had ended.
            var count = 0
            /// Some of those of the history, to see that it is the same.
            var witnesses: [(index: Int, observation: Observation)] = []
        }

        private let start: EvolutionStrategy
        private let state: Mutex<State>

        init(_ strategy: EvolutionStrategy) {
            start = strategy
            state = Mutex(State(strategy: strategy))
        }

        /// The strategy after all generations that have ended, and how many trials it learnt from.
        func strategy(after history: SearchHistory, problem: SearchProblem) -> (EvolutionStrategy, learnt: Int) {
            let (prior, own) = (problem.prior, history.observations)
            let total = prior.count + own.count
            func observation(_ index: Int) -> Observation {
                index < prior.count ? prior[index] : own[index - prior.count]
            }
            func hasEnded(_ index: Int) -> Bool { observation(index).status != .pending }
            return state.withLock { state in
                let isSame =
                    state.count <= total
                    && state.witnesses.allSatisfy { own.indices.contains($0.index) && own[$0.index] == $0.observation }
                if !isSame { state = State(strategy: start) }
                // Generations before the first pending trial can never change again.
                while state.count + state.strategy.lambda <= total,
                    (state.count..<(state.count + state.strategy.lambda)).allSatisfy(hasEnded)
                {
                    let range = state.count..<(state.count + state.strategy.lambda)
                    state.count = range.upperBound
                    state.strategy.learn(range.map(observation), goals: problem.goals)
                    let last = range.upperBound - 1 - prior.count
                    if last >= 0, state.witnesses.last.map({ last >= 2 * $0.index + 1 }) ?? true {
                        state.witnesses.append((last, own[last]))
                    }
                }
                var strategy = state.strategy
                var learnt = state.count
                var generation: [Observation] = []
                for index in state.count..<total where hasEnded(index) {
                    generation.append(observation(index))
                    if generation.count == strategy.lambda {
                        learnt += generation.count
                        strategy.learn(generation, goals: problem.goals)
                        generation = []
                    }
                }
                return (strategy, learnt)
            }
        }
    }
}

extension EvolutionStrategy {
    mutating func learn(_ generation: [Observation], goals: [Objective.Goal]) {
        let ranking = TrialRanking(generation, goals: goals)
        // A stopped trial has its place in the order, and no final value.
        let best = ranking.best.map { generation[$0].status.value ?? .infinity * (goals.first == .maximize ? -1 : 1) }
        learn(
            ranking.all.map { encoding.raw(of: generation[$0].point).map { $0 ?? .nan } },
            best: best.map { goals.first == .maximize ? -$0 : $0 })
    }
}
