import Glibc
import SweepModel
import SweepSearch
import Testing

/// What the methods that learn from values must keep. (`bayes` has a suite of its own.)
@Suite struct LearningMethodTests {
    static let names = ["tpe", "cmaes", "auto"]

    static func space() throws -> SearchSpace {
        try .of(
            [
                "batch": ["values": [16, 32, 64, 128]], "decay": ["min": 0.0, "max": 1.0],
                "layers": ["min": 1, "max": 6],
                "lr": ["min": 1e-5, "max": 1.0], "momentum": ["min": 0.0, "max": 0.99],
                "opt": ["values": ["sgd", "adam", "lion"]],
            ], distributions: ["lr": "log_uniform_values"], when: ["momentum": ["opt": ["sgd"]]])
    }

    /// Smooth, with its best value near lr 0.01, four layers, sgd.
    static func loss(_ point: Point, _ space: SearchSpace) -> Double {
        let value = Dictionary(uniqueKeysWithValues: zip(space.parameters.map(\.name), point.values))
        func number(_ name: String) -> Double? { value[name]??.number }
        let lr = log10(number("lr") ?? 1) + 2
        let layers = (number("layers") ?? 0) - 4
        let batch = log2(number("batch") ?? 1) - 6
        let choice = value["opt"]??.string == "sgd" ? 0.5 * abs((number("momentum") ?? 0) - 0.9) : 0.4
        return lr * lr + 0.1 * layers * layers + 0.1 * batch * batch + (number("decay") ?? 0) + choice
    }

    static func make(_ name: String, _ problem: SearchProblem) throws -> any SearchMethod {
        try #require(BuiltIns.searchMethod(named: name)).init(problem: problem)
    }

    /// Runs `count` trials one after the other.
    static func history(
        _ method: any SearchMethod, _ count: Int, goal: Objective.Goal = .minimize,
        status: (Point) -> Observation.Status
    ) -> SearchHistory {
        var history = SearchHistory(goal: goal)
        while history.observations.count < count, case .point(let point, _) = method.suggest(after: history) {
            history.observations.append(Observation(point: point, status: status(point)))
        }
        return history
    }

    @Test(arguments: names)
    func `a method that was never asked before continues a search like one that made it`(_ name: String) throws {
        let space = try Self.space()
        let problem = SearchProblem(space: space, seed: 3)
        let method = try Self.make(name, problem)
        var trial = 0
        let history = Self.history(method, name == "auto" ? 12 : 40) { point in
            trial += 1
            return trial % 7 == 0 ? .failed : trial % 5 == 0 ? .pending : .completed(Self.loss(point, space))
        }
        for count in stride(from: 0, through: history.observations.count, by: 6) {
            let beginning = SearchHistory(observations: Array(history.observations.prefix(count)))
            #expect(try Self.make(name, problem).suggest(after: beginning) == method.suggest(after: beginning))
        }
    }

    @Test(arguments: names)
    func `maximizing the negative is the same search`(_ name: String) throws {
        let space = try Self.space()
        let count = name == "auto" ? 12 : 40
        let down = Self.history(try Self.make(name, SearchProblem(space: space, seed: 5)), count) { point in
            .completed(Self.loss(point, space))
        }
        let up = Self.history(
            try Self.make(name, SearchProblem(space: space, seed: 5, goals: [.maximize])), count, goal: .maximize
        ) { .completed(-Self.loss($0, space)) }
        #expect(down.observations.map(\.point) == up.observations.map(\.point))
    }

    @Test(arguments: names, ["constant", "failed", "nan", "huge", "tiny", "pruned", "mixed"])
    func `no values make it leave the space or stop`(_ name: String, _ values: String) throws {
        let space = try Self.space()
        let cube = SearchCube(space)
        var trial = 0
        let history = Self.history(
            try Self.make(name, SearchProblem(space: space, seed: 1)), name == "auto" ? 9 : 30
        ) { point in
            trial += 1
            let loss = Self.loss(point, space)
            return switch values {
            case "constant": .completed(1)
            case "failed": .failed
            case "nan": .completed(.nan)
            case "huge": .completed(loss * 1e300)
            case "tiny": .completed(loss * 1e-300)
            case "pruned": .pruned(trial % 3 == 0 ? nil : loss)
            default: [.completed(loss), .completed(.infinity), .failed, .pending, .pruned(loss)][trial % 5]
            }
        }
        #expect(history.observations.count == trial)
        #expect(history.observations.allSatisfy { cube.contains($0.point) })
    }

    @Test(arguments: names)
    func `every point of a finite space comes once, then it is exhausted`(_ name: String) throws {
        let space = try SearchSpace.of(
            ["a": ["values": ["x", "y", "z"]], "b": ["min": 1, "max": 3], "c": ["values": [1, 2]]],
            when: ["c": ["a": ["x"]]])
        let method = try Self.make(name, SearchProblem(space: space, seed: 2))
        #expect(method.size == 12)
        let history = Self.history(method, 100) { _ in .completed(1) }
        #expect(history.observations.count == 12)
        #expect(Set(history.observations.map(\.point)).count == 12)
        #expect(method.suggest(after: history) == .exhausted)
    }

    @Test(arguments: ["tpe", "cmaes"])
    func `it finds better points than random search with the same number of trials`(_ name: String) throws {
        let space = try Self.space()
        func best(_ method: String, _ seed: UInt64) throws -> Double {
            let history = Self.history(try Self.make(method, SearchProblem(space: space, seed: seed)), 80) { point in
                .completed(Self.loss(point, space))
            }
            return history.observations.map { Self.loss($0.point, space) }.min() ?? .infinity
        }
        let wins = try (0..<5).count { try best(name, $0) < best("random", $0) }
        #expect(wins >= 4)
    }

    @Test func `workers that ask at once get different points`() throws {
        let space = try Self.space()
        for name in ["tpe", "cmaes"] {
            let method = try Self.make(name, SearchProblem(space: space, seed: 4))
            var history = Self.history(method, 20) { .completed(Self.loss($0, space)) }
            for _ in 0..<8 {
                guard case .point(let point, _) = method.suggest(after: history) else { continue }
                history.observations.append(Observation(point: point, status: .pending))
            }
            #expect(Set(history.observations.suffix(8).map(\.point)).count == 8)
        }
    }
}
