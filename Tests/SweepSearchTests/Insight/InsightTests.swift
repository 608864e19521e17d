import Glibc
import SweepModel
import SweepSearch
import Testing

@Suite struct InsightTests {
    static func history(
        _ space: SearchSpace, _ count: Int, goal: Objective.Goal = .minimize, _ function: ([Double?]) -> Double
    ) throws -> SearchHistory {
        let method = try RandomSearch(space: space, seed: 11)
        var history = SearchHistory(goal: goal)
        while history.observations.count < count, case .point(let point, _) = method.suggest(after: history) {
            let value = function(point.values.map { $0?.number })
            history.observations.append(Observation(point: point, status: .completed(value)))
        }
        return history
    }

    static func box(_ names: [String]) throws -> SearchSpace {
        try .of(Dictionary(uniqueKeysWithValues: names.map { ($0, ["min": 0.0, "max": 1.0]) }))
    }

    @Test func `shares of an additive function are its variances' shares`() throws {
        let space = try Self.box(["a", "b", "c", "d"])
        let history = try Self.history(space, 300) { x in 4 * (x[0] ?? 0) + 2 * (x[1] ?? 0) + 1 * (x[2] ?? 0) }
        let importance = try Importance(space: space, history: history)
        #expect(importance.shares.map(\.name) == ["a", "b", "c", "d"])
        for (share, expected) in zip(importance.shares, [16.0 / 21, 4.0 / 21, 1.0 / 21, 0]) {
            #expect(abs(share.share - expected) < 0.08, "\(share)")
            #expect(share.deviation < 0.1)
            #expect(share.active == 1)
        }
        #expect(importance.together < 0.1)
        #expect(try Importance(space: space, history: history) == importance)
    }

    @Test func `what two parameters do only together is nobody's own share`() throws {
        let space = try Self.box(["a", "b"])
        let history = try Self.history(space, 400) { x in ((x[0] ?? 0) < 0.5) == ((x[1] ?? 0) < 0.5) ? 1 : 0 }
        let importance = try Importance(space: space, history: history)
        #expect(importance.together > 0.6, "\(importance)")
    }

    @Test func `a category is as important as its values differ, whatever their order`() throws {
        let space = try SearchSpace.of([
            "a": ["values": ["p", "q", "r", "s", "t"]], "b": ["min": 0.0, "max": 1.0],
        ])
        let effect = ["p": 3.0, "q": 0, "r": 3, "s": 0, "t": 3]
        let method = try RandomSearch(space: space, seed: 1)
        var history = SearchHistory()
        for _ in 0..<200 {
            guard case .point(let point, _) = method.suggest(after: history) else { break }
            let value = effect[point.values[0]?.string ?? "", default: 0] + (point.values[1]?.number ?? 0)
            history.observations.append(Observation(point: point, status: .completed(value)))
        }
        let importance = try Importance(space: space, history: history)
        #expect(importance.shares.first?.name == "a")
        #expect(importance.shares[0].share > 0.85)
    }

    @Test func `a conditional parameter counts where it takes part`() throws {
        let space = try SearchSpace.of(
            ["mode": ["values": ["on", "off"]], "power": ["min": 0.0, "max": 1.0]], when: ["power": ["mode": ["on"]]])
        // Within `on` the variance is 1/12 of 6 squared; the two modes have the same mean.
        let history = try Self.history(space, 300) { x in 6 * (x[1] ?? 0.5) }
        let importance = try Importance(space: space, history: history)
        #expect(importance.shares.first?.name == "power")
        #expect(abs(importance.shares[0].active - 0.5) < 0.15)
        #expect(importance.shares[0].share > 0.8)
        #expect(importance.shares[1].share < 0.1)
    }

    @Test func `diverged trials and failures do not drown the rest`() throws {
        let space = try Self.box(["a", "b"])
        var history = try Self.history(space, 200) { x in x[0] ?? 0 }
        for index in stride(from: 0, to: 200, by: 20) { history.observations[index].status = .completed(1e30) }
        for index in stride(from: 1, to: 200, by: 20) { history.observations[index].status = .failed }
        for index in stride(from: 2, to: 200, by: 20) { history.observations[index].status = .completed(.nan) }
        let importance = try Importance(space: space, history: history)
        #expect(importance.learntFrom == 180)
        #expect(importance.shares[0].name == "a")
        #expect(importance.shares.allSatisfy { $0.share.isFinite })
    }

    @Test func `too few trials, or nothing to choose, is refused`() throws {
        let space = try Self.box(["a"])
        #expect(throws: SweepError.self) {
            try Importance(space: space, history: try Self.history(space, 9) { $0[0] ?? 0 })
        }
        let constant = try SearchSpace.of(["a": ["value": 1]])
        #expect(throws: SweepError.self) {
            try Importance(space: constant, history: try Self.history(constant, 20) { _ in 1 })
        }
        let flat = try Importance(space: space, history: try Self.history(space, 20) { _ in 1 })
        #expect(flat.shares.map(\.share) == [0])
    }

    // MARK: Progress

    @Test func `progress says what is best and for how long`() throws {
        let space = try Self.box(["a"])
        var history = SearchHistory(goal: .maximize)
        for value in [1.0, 5, 3, .nan, 4] {
            history.observations.append(
                Observation(point: Point(values: [.double(value / 10)]), status: .completed(value)))
        }
        history.observations.append(Observation(point: Point(values: [0.1]), status: .failed))
        history.observations.append(Observation(point: Point(values: [0.2]), status: .pending))
        let progress = Progress(
            problem: SearchProblem(space: space, seed: 1, goals: [.maximize]), history: history, trials: 4,
            isModelled: false)
        #expect(progress.best == 5)
        #expect(progress.bestTrial == 2)
        #expect(progress.sinceBest == 4)
        #expect(progress.valued == 4)
        #expect(progress.forecast?.basis == .order)
        #expect(progress.forecast?.chance == 0.5)
        let none = Progress(
            problem: SearchProblem(space: space, seed: 1), history: SearchHistory(), trials: 4, isModelled: true)
        #expect(none.best == nil && none.forecast == nil)
    }

    @Test func `by the order of the values the forecast holds on average`() throws {
        let space = try Self.box(["a"])
        var (found, promised, gained, expected) = (0.0, 0.0, 0.0, 0.0)
        for seed in 0..<200 as Range<UInt64> {
            let method = try RandomSearch(space: space, seed: seed)
            var values: [Double] = []
            var history = SearchHistory()
            for _ in 0..<50 {
                guard case .point(let point, _) = method.suggest(after: history) else { break }
                values.append(-log(point.values[0]?.number ?? 1))
                history.observations.append(Observation(point: point, status: .completed(-(values.last ?? 0))))
            }
            let progress = Progress(
                problem: SearchProblem(space: space, seed: seed),
                history: SearchHistory(observations: Array(history.observations.prefix(30))), trials: 20,
                isModelled: false)
            let (before, after) = (values.prefix(30).max() ?? 0, values.max() ?? 0)
            found += after > before ? 1 : 0
            gained += after - before
            promised += progress.forecast?.chance ?? 0
            expected += progress.forecast?.improvement ?? 0
        }
        // 200 sweeps: within three standard errors.
        #expect(abs(found - promised) < 3 * 7, "\(found) \(promised)")
        #expect(abs(gained - expected) / 200 < 0.2, "\(gained) \(expected)")
    }

    @Test func `a model sees that a solved problem has little left, and an unsolved one more`() throws {
        let space = try Self.box(["a", "b"])
        func bowl(_ x: [Double?]) -> Double {
            let (a, b) = ((x[0] ?? 0) - 0.3, (x[1] ?? 0) - 0.6)
            return a * a + b * b
        }
        let problem = SearchProblem(space: space, seed: 1)
        let few = try Self.history(space, 6, bowl)
        var many = try Self.history(space, 40, bowl)
        many.observations.append(Observation(point: Point(values: [0.3, 0.6]), status: .completed(0)))
        let early = try #require(Progress(problem: problem, history: few, trials: 10, isModelled: true).forecast)
        let late = try #require(Progress(problem: problem, history: many, trials: 10, isModelled: true).forecast)
        #expect(early.basis == .model && late.basis == .model)
        #expect(early.chance > 0.8)
        #expect(late.improvement < early.improvement / 10, "\(late) \(early)")
        #expect(early.optimistic >= early.improvement / 2)
        #expect(Progress(problem: problem, history: few, trials: 10, isModelled: true).forecast == early)
    }
}
