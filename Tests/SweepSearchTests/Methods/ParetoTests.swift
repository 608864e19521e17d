import SweepModel
import Testing

@testable import SweepSearch

@Suite struct ParetoTests {
    @Test func `fronts are numbered from the points that nothing dominates`() {
        let values: [[Double]] = [[1, 4], [2, 2], [4, 1], [3, 3], [4, 4], [2, 2], [1, 5]]
        #expect(ParetoOrder.fronts(values) == [0, 0, 0, 1, 2, 0, 1])
    }

    @Test func `fronts of many random points are those of pairwise comparison`() {
        var random = SeededRandom(seed: 1, index: 1)
        let values = (0..<200).map { _ in (0..<3).map { _ in (random.nextUnit() * 8).rounded() } }
        let ranks = ParetoOrder.fronts(values)
        for (index, value) in values.enumerated() {
            // One more than the worst of those that dominate it.
            let dominating = values.indices.filter { ParetoOrder.dominates(values[$0], value) }.map { ranks[$0] }
            #expect(ranks[index] == (dominating.max() ?? -1) + 1)
        }
    }

    @Test func `within a front the lonelier come first`() {
        let values: [[Double]] = [[0, 10], [1, 9], [1.1, 8.9], [6, 3], [10, 0]]
        let order = ParetoOrder.ranked(values)
        #expect(Set(order.prefix(2)) == [0, 4])
        #expect(order[2] == 3)
        #expect(order.last == 1 || order.last == 2)
    }

    @Test func `the front of two objectives is covered better by tpe than by random search, and best by bayes`() throws
    {
        let space = try SearchSpace.of(
            Dictionary(uniqueKeysWithValues: (0..<4).map { ("x\($0)", ["min": 0.0, "max": 1.0]) }))
        /// ZDT1 of four dimensions; its front is g = 1.
        func values(_ point: Point) -> (Double, Double) {
            let x = point.values.map { $0?.number ?? 1 }
            let g = 1 + 3 * (x[1] + x[2] + x[3])
            return (x[0], g * (1 - (x[0] / g).squareRoot()))
        }
        /// The area that is dominated, up to (1.1, 5).
        func area(_ method: any SearchMethod) -> Double {
            var history = SearchHistory()
            for _ in 0..<80 {
                guard case .point(let point, _) = method.suggest(after: history) else { break }
                let (a, b) = values(point)
                history.observations.append(Observation(point: point, status: .completed(a), further: [b]))
            }
            var (area, floor) = (0.0, 5.0)
            for (a, b) in history.observations.map({ values($0.point) }).sorted(by: { $0.0 < $1.0 }) where b < floor {
                area += (1.1 - a) * (floor - b)
                floor = b
            }
            return area
        }
        let wins = try (0..<4 as Range<UInt64>).count { seed in
            let problem = SearchProblem(space: space, seed: seed, goals: [.minimize, .minimize])
            return try area(TPE(problem: problem)) > area(RandomSearch(problem: problem))
        }
        #expect(wins == 4)
        let problem = SearchProblem(space: space, seed: 1, goals: [.minimize, .minimize])
        #expect(try area(Bayes(problem: problem)) > area(TPE(problem: problem)))
    }

    /// Two or three objectives, the last to be maximised; some trials fail.
    static func told(_ point: Point, goals: Int) -> Observation {
        let x = point.values.map { $0?.number ?? 0 }
        guard x[0] + x[1] < 1.9 else { return Observation(point: point, status: .failed) }
        let rest = (1..<goals).map { goal in
            let distance = (x[0] - Double(goal % 2)) * (x[0] - Double(goal % 2)) + x[1] * x[1]
            return goal == goals - 1 ? -distance : distance
        }
        let first = (x[0] - 0.5) * (x[0] - 0.5) + (x[1] - 1) * (x[1] - 1)
        return Observation(point: point, status: .completed(first), further: rest)
    }

    @Test(arguments: [2, 3])
    func `bayes with several objectives repeats itself, stays in the space and goes on from where it was`(
        goals: Int
    ) throws {
        let space = try SearchSpace.of(["a": ["min": 0.0, "max": 1.0], "b": ["min": 0.0, "max": 1.0]])
        let problem = SearchProblem(
            space: space, seed: 5, goals: Array(repeating: .minimize, count: goals - 1) + [.maximize])
        let method = try Bayes(problem: problem)
        var history = SearchHistory()
        var remarks: Set<String?> = []
        for _ in 0..<14 {
            guard case .point(let point, let note) = method.suggest(after: history) else {
                Issue.record("exhausted")
                return
            }
            #expect(SearchCube(space).contains(point))
            remarks.insert(note.remark)
            #expect(note.mean == nil && note.expectedImprovement == nil)
            history.observations.append(Self.told(point, goals: goals))
        }
        #expect(remarks.count > 5)
        history.observations.append(Observation(point: history.observations[0].point, status: .pending))
        #expect(try Bayes(problem: problem).suggest(after: history) == method.suggest(after: history))
    }

    @Test func `bayes with several objectives tries each point of a finite space once`() throws {
        let space = try SearchSpace.of(["a": ["min": 0, "max": 3], "b": ["values": ["x", "y", "z"]]])
        let method = try Bayes(problem: SearchProblem(space: space, seed: 2, goals: [.minimize, .minimize]))
        var history = SearchHistory()
        for _ in 0..<12 {
            guard case .point(let point, _) = method.suggest(after: history) else { break }
            let a = point.values[0]?.number ?? 0
            history.observations.append(Observation(point: point, status: .completed(a), further: [-a]))
        }
        #expect(Set(history.observations.map { PointIdentity($0.point) }).count == 12)
        #expect(method.suggest(after: history) == .exhausted)
    }
}
