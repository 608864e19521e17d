import Glibc
import SweepModel
import SweepSearch
import Testing

@Suite struct SimulationTests {
    static let names = ["lr": ["lr"], "opt": ["opt"], "net.width": ["net", "width"], "a-b": ["a-b"], "flag": ["flag"]]
    static let parameters: Parameters = [
        .init("lr", 0.01), .init("opt", "adam"), .init("net", .object([.init("width", 64)])), .init("a-b", 3),
        .init("flag", true),
    ]

    @Test(arguments: [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("2^3^2", 512), ("-2^2", -4), ("2^-1", 0.5), ("7 % 4", 3),
        ("10 - 4 - 3", 3), ("8 / 4 / 2", 1), ("1e-3 * 1000", 1), (".5", 0.5), ("--3", 3), ("log10(lr)", -2),
        ("net.width / 2", 32), ("`a-b` + 1", 4), ("flag", 1), ("if(opt == 'adam', 1, 2)", 1),
        ("if(opt == \"sgd\", log(-1), 2)", 2), ("opt != 'sgd'", 1), ("1 < 2", 1), ("2 <= 1", 0), ("3 >= 3", 1),
        ("1 < 2 and not 2 < 1", 1), ("0 or 0", 0), ("0 or 2", 1), ("min(3, 1, 2) + max(1, 2)", 3), ("abs(-2)", 2),
        ("pi > 3", 1), ("sqrt(16) + pow(2, 3)", 12), ("round(2.6) + floor(2.6)", 5),
    ])
    func `a formula has the value that it has on paper`(_ text: String, _ value: Double) throws {
        #expect(abs(try Expression(text, names: Self.names).value(Self.parameters) - value) < 1e-12)
    }

    @Test(arguments: ["log(-1)", "opt", "opt + 1", "lr + 0 / 0", "min(1, log(-1))", "if(log(-1), 1, 2)"])
    func `what has no value is NaN`(_ text: String) throws {
        #expect(try Expression(text, names: Self.names).value(Self.parameters).isNaN)
    }

    @Test func `a parameter that takes no part is NaN, and equal to nothing`() throws {
        #expect(try Expression("lr", names: Self.names).value([]).isNaN)
        #expect(try Expression("if(opt == 'sgd', lr, 5)", names: Self.names).value([]) == 5)
    }

    @Test(arguments: [
        "", "1 +", "(1", "1)", "foo", "foo(1)", "log()", "log(1, 2)", "if(1, 2)", "'open", "1 2", "1..2", "lr lr", "#",
        "`nobody`", "1e", String(repeating: "(", count: 5000), String(repeating: "2^", count: 4000) + "2",
        String(repeating: "x", count: 20_000),
    ])
    func `a formula that cannot be read is refused`(_ text: String) throws {
        #expect(throws: SweepError.self) { try Expression(text, names: Self.names) }
    }

    func run(_ space: SearchSpace, method: String = "random", seed: UInt64 = 1, budget: Int? = nil) throws -> SearchRun
    {
        let problem = SearchProblem(space: space, seed: seed, budget: budget)
        return SearchRun(
            problem: problem, method: try #require(BuiltIns.searchMethod(named: method)).init(problem: problem))
    }

    @Test func `a simulation ends at its budget or with the space, and repeats itself`() throws {
        let line = try SearchSpace.of(["x": ["min": 0.0, "max": 1.0]])
        let simulation = Simulation(workers: 4, noise: 0.1, seed: 3)
        let ended = simulation.results(of: try run(line), budget: 30) { $0.values[0]?.number }
        #expect(ended.count == 30)
        #expect(ended == simulation.results(of: try run(line), budget: 30) { $0.values[0]?.number })
        #expect(ended.contains { $0.value != $0.truth })
        let list = try SearchSpace.of(["x": ["values": [1, 2, 3]]])
        #expect(simulation.results(of: try run(list, method: "grid"), budget: 30) { _ in 1 }.count == 3)
    }

    @Test func `with several workers trials end out of order and none is lost`() throws {
        let grid = try SearchSpace.of(["x": ["min": 1, "max": 40]])
        let ended = Simulation(workers: 8).results(of: try run(grid, method: "grid"), budget: 100) {
            $0.values[0]?.number
        }
        let order = ended.compactMap(\.truth)
        #expect(order != order.sorted())
        #expect(order.sorted() == (1...40).map(Double.init))
    }

    func trainings(_ type: String?, resumes: Bool = false, noise: Double = 0) throws -> Simulation.Trainings {
        let space = try SearchSpace.of(["x": ["min": 0.0, "max": 1.0]])
        let fidelity = Fidelity(max: 9, resumes: resumes)
        let problem = SearchProblem(space: space, seed: 1, budget: 27)
        let stopping = try type.map { try rule($0, fidelity: fidelity, budget: 27) }
        let run = SearchRun(
            problem: problem, method: try #require(BuiltIns.searchMethod(named: "random")).init(problem: problem),
            rule: stopping)
        return Simulation(workers: 4, noise: noise, seed: 2).trainings(of: run, fidelity: fidelity) { point, step in
            guard let x = point.values[0]?.number, x >= 0.1 else { return nil }
            return x + 1 / step
        }
    }

    @Test func `trainings that nothing stops cost their whole length`() throws {
        let all = try trainings(nil)
        #expect(all.completed + all.failed == 27 && all.failed > 0 && all.stopped == 0 && all.paused == 0)
        // A trial fails with its first report.
        #expect(all.steps == Double(9 * all.completed + all.failed))
        #expect(all.best(after: 0) == nil)
        let best = try #require(all.best(after: all.steps))
        #expect(try #require(all.best(after: 20)) >= best)
        #expect(try trainings(nil) == all)
        #expect(try trainings(nil, noise: 0.1) != all)
    }

    @Test func `a rule stops trainings, or lets them pause and the best ones go on`() throws {
        let (all, stopping, pausing) = (
            try trainings(nil), try trainings("asha"), try trainings("asha", resumes: true)
        )
        #expect(stopping.stopped > 0 && stopping.paused == 0 && stopping.steps < all.steps / 2)
        #expect(pausing.stopped == 0 && pausing.paused > 0 && pausing.steps < all.steps / 2)
        for some in [stopping, pausing] {
            #expect(some.completed + some.failed + some.stopped + some.paused == 27)
            #expect(some.completed > 0)
            // The best of all is trained to its end.
            #expect(some.best(after: some.steps) == all.best(after: all.steps))
        }
    }

    @Test func `the incumbent is the trial that looked best, by its true value`() {
        let point = Point(values: [])
        let ended = [(nil, nil), (5.0, 4.0), (6.0, 1.0), (3.0, 3.5)].map { value, truth in
            Simulation.Ended(point: point, value: value, truth: truth)
        }
        #expect(Simulation.incumbents(ended, goal: .minimize) == [nil, 4, 4, 3.5])
        #expect(Simulation.incumbents(ended, goal: .maximize) == [nil, 4, 1, 1])
    }

    @Test func `a table gives the value of the nearest row`() throws {
        let space = try SearchSpace.of(["opt": ["values": ["a", "b"]], "x": ["min": 0.0, "max": 10.0]])
        let rows: [(parameters: Parameters, value: Double?)] = [
            ([.init("opt", "a"), .init("x", 2)], 1), ([.init("opt", "b"), .init("x", 2.0)], 2),
            ([.init("opt", "b"), .init("x", 9)], nil),
        ]
        let table = try TableFunction(space: space, rows: rows)
        #expect(table.value(at: Point(values: ["a", 2.0])) == (1, true))
        #expect(table.value(at: Point(values: ["b", 3.0])) == (2, false))
        #expect(table.value(at: Point(values: ["b", 8.0])) == (nil, false))
        #expect(throws: SweepError.self) { try TableFunction(space: space, rows: []) }
    }
}
