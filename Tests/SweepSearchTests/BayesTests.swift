import Glibc
import SweepModel
import Testing

@testable import SweepSearch

/// A search played against a function; what is asked and told is kept.
struct Played {
    var history: SearchHistory
    var notes: [SuggestionNote] = []
    var isExhausted = false

    var points: [Point] { history.observations.map(\.point) }
    var values: [Double] {
        history.observations.compactMap { if case .completed(let value) = $0.status { value } else { nil } }
    }

    init(
        _ method: any SearchMethod, count: Int, goal: Objective.Goal = .minimize, beginning: [Observation] = [],
        status: (Point) -> Observation.Status
    ) {
        history = SearchHistory(observations: beginning, goal: goal)
        for _ in 0..<count {
            guard case .point(let point, let note) = method.suggest(after: history) else {
                isExhausted = true
                return
            }
            notes.append(note)
            history.observations.append(Observation(point: point, status: status(point)))
        }
    }
}

@Suite struct BayesTests {
    static let plane: [String: DistributionFields] = ["a": ["min": 0.0, "max": 1.0], "b": ["min": 0.0, "max": 1.0]]

    static func bowl(_ point: Point) -> Double {
        let (a, b) = (point.values[0]?.number ?? 0, point.values[1]?.number ?? 0)
        return (a - 0.3) * (a - 0.3) + 2 * (b - 0.8) * (b - 0.8)
    }

    func bayes(
        _ parameters: [String: DistributionFields] = plane, distributions: [String: String] = [:],
        when: [String: [String: [ParameterValue]]] = [:], goal: Objective.Goal = .minimize, seed: UInt64 = 1,
        change: (inout SearchProblem) -> Void = { _ in }
    ) throws -> Bayes {
        let space = try SearchSpace.of(parameters, distributions: distributions, when: when)
        var problem = SearchProblem(space: space, seed: seed, goals: [goal])
        change(&problem)
        return try Bayes(problem: problem)
    }

    @Test func `it finds the bottom of a bowl, and says what it expected`() throws {
        let played = Played(try bayes(), count: 18) { .completed(Self.bowl($0)) }
        #expect(try #require(played.values.min()) < 1e-4)
        let note = try #require(played.notes.last)
        #expect(note.origin?.contains("gaussian process") == true)
        #expect(note.learntFrom == 17)
        #expect(try abs(#require(note.mean)) < 0.05)
        #expect(try #require(note.deviation) >= 0 && note.expectedImprovement != nil)
        #expect(played.notes[0].origin == "starting design")
    }

    @Test func `maximising is minimising the negation`() throws {
        let down = Played(try bayes(), count: 10) { .completed(Self.bowl($0)) }
        let up = Played(try bayes(goal: .maximize), count: 10, goal: .maximize) { .completed(-Self.bowl($0)) }
        #expect(down.points == up.points)
        #expect(up.notes.last?.mean == down.notes.last?.mean.map { -$0 })
    }

    @Test func `the answer does not depend on what was asked before`() throws {
        let method = try bayes()
        let played = Played(method, count: 10) { .completed(Self.bowl($0)) }
        for count in [9, 4, 7] {
            let history = SearchHistory(observations: Array(played.history.observations.prefix(count)))
            let answer = method.suggest(after: history)
            #expect(answer == (try bayes()).suggest(after: history))
            #expect(answer == .point(played.points[count], played.notes[count]))
        }
        // A pending trial that has ended since changes what is known.
        var history = played.history
        history.observations[8].status = .pending
        let before = method.suggest(after: history)
        history.observations[8].status = .completed(-5)
        #expect(method.suggest(after: history) != before)
        history.observations[8].status = .pending
        #expect(method.suggest(after: history) == before)
    }

    @Test func `what it learnt from the beginning of a long history is learnt again alike`() throws {
        var random = SeededRandom(seed: 2, index: 0)
        let space = try SearchSpace.of(Self.plane)
        let observations = (0..<115).map { _ in
            let point = SearchCube(space).point(at: [random.nextUnit(), random.nextUnit()])
            return Observation(point: point, status: .completed(Self.bowl(point)))
        }
        let method = try bayes()
        let first = method.suggest(after: SearchHistory(observations: observations))
        _ = method.suggest(after: SearchHistory(observations: Array(observations.prefix(113))))
        #expect(method.suggest(after: SearchHistory(observations: observations)) == first)
        #expect(try bayes().suggest(after: SearchHistory(observations: observations)) == first)
    }

    @Test func `a finite space is used up without a repetition, whatever its conditions`() throws {
        let method = try bayes(
            [
                "layers": ["min": 1, "max": 3], "momentum": ["values": [0.5, 0.9]], "opt": ["values": ["adam", "sgd"]],
            ],
            when: ["momentum": ["opt": ["sgd"]]])
        #expect(method.size == 9)
        let played = Played(method, count: 20) { point in
            .completed(Double(point.values.count { $0 == nil }) + (point.values[0]?.number ?? 0))
        }
        #expect(played.isExhausted && played.points.count == 9 && Set(played.points).count == 9)
    }

    @Test func `a large finite space is searched without a repetition`() throws {
        let parameters = Dictionary(
            uniqueKeysWithValues: (0..<3).map { ("p\($0)", ["values": [1, 2, 3, 4]] as DistributionFields) })
        let played = Played(try bayes(parameters), count: 26) { point in
            .completed(point.values.reduce(0) { $0 + abs(($1?.number ?? 0) - 2) })
        }
        #expect(Set(played.points).count == 26)
        #expect(try #require(played.values.prefix(20).min()) == 0)
    }

    @Test func `an earlier sweep's results replace the starting design`() throws {
        let prior = [[0.1, 0.1], [0.9, 0.9], [0.3, 0.7], [0.6, 0.2], [0.4, 0.9]].map { values in
            let point = Point(values: values.map { .double($0) })
            return Observation(point: point, status: .completed(Self.bowl(point)))
        }
        let note = Played(try bayes { $0.prior = prior }, count: 1) { .completed(Self.bowl($0)) }.notes[0]
        #expect(note.origin == "gaussian process" && note.learntFrom == 5)
    }

    @Test func `workers that run at once are kept apart`() throws {
        let method = try bayes { $0.parallel = 4 }
        let known = Played(method, count: 8) { .completed(Self.bowl($0)) }
        let pending = Played(method, count: 4, beginning: known.history.observations) { _ in .pending }
        let points = pending.points.suffix(4).map { $0.values.map { $0?.number ?? 0 } }
        for (index, a) in points.enumerated() {
            for b in points.dropFirst(index + 1) { #expect(hypot(a[0] - b[0], a[1] - b[1]) > 1e-3) }
        }
    }

    @Test func `it turns away from where trials fail`() throws {
        let played = Played(try bayes(), count: 24) { point in
            // The better half of the space does not work.
            (point.values[0]?.number ?? 0) > 0.5 ? .failed : .completed(-(point.values[0]?.number ?? 0))
        }
        let failures = played.history.observations.suffix(10).count { $0.status == .failed }
        #expect(failures <= 6, "\(failures)")
        #expect(try #require(played.values.min()) < -0.4)
    }

    /// What a script can say.
    @Test(
        arguments: [
            [.completed(.nan), .failed], [.completed(.infinity), .completed(-.infinity), .completed(1)],
            [.completed(7)], [.completed(0), .completed(.leastNonzeroMagnitude)],
            [.completed(1e300), .completed(-1e300)],
            [.completed(1e-300), .completed(3e-300)], [.pruned(nil), .pruned(2), .pruned(.nan), .completed(3)],
            [.failed], [.pending, .completed(1)],
        ] as [[Observation.Status]])
    func `any values are answered with points of the space`(statuses: [Observation.Status]) throws {
        let method = try bayes()
        var index = 0
        let played = Played(method, count: 10) { _ in
            index += 1
            return statuses[index % statuses.count]
        }
        #expect(Set(played.points).count == 10)
        for point in played.points { #expect(SearchCube(method.problem.space).contains(point)) }
        for note in played.notes {
            for value in [note.mean, note.deviation, note.expectedImprovement] { #expect(value?.isNaN != true) }
        }
    }

    /// A wide valley, and a deeper one that is narrow.
    @Test func `where it expects nothing more every second suggestion doubts it, which costs next to nothing`() throws {
        func valleys(_ point: Point) -> Double {
            func square(_ x: Double, _ y: Double) -> Double {
                let (a, b) = ((point.values[0]?.number ?? 0) - x, (point.values[1]?.number ?? 0) - y)
                return a * a + b * b
            }
            return 2 - exp(-4 * square(0.3, 0.3)) - 1.5 * exp(-60 * square(0.9, 0.85))
        }
        func best(_ seed: UInt64, below limit: Double) throws -> (value: Double, doubts: Int) {
            var settings = BayesSettings()
            settings.doubtBelow = limit
            let space = try SearchSpace.of(["a": ["min": 0.0, "max": 1.0], "b": ["min": 0.0, "max": 1.0]])
            let method = try Bayes(problem: SearchProblem(space: space, seed: seed), settings: settings)
            let played = Played(method, count: 36) { .completed(valleys($0)) }
            let doubts = played.notes.count { $0.origin == "gaussian process, doubting itself" }
            return (played.values.min() ?? .infinity, doubts)
        }
        let (plain, doubting) = try (0..<2).reduce(into: (0.0, 0.0)) { sums, seed in
            let (without, with) = (try best(UInt64(seed), below: 0), try best(UInt64(seed), below: 0.01))
            #expect(without.doubts == 0 && with.doubts > 0)
            sums = (sums.0 + without.value, sums.1 + with.value)
        }
        #expect(doubting <= plain + 1e-3, "\(doubting), \(plain) without")
    }

    @Test func `the same point with other values is noise`() throws {
        let method = try bayes()
        var history = Played(method, count: 8) { .completed(Self.bowl($0)) }.history
        for index in 0..<24 {
            history.observations.append(
                Observation(point: history.observations[index % 3].point, status: .completed(Double(index % 5))))
        }
        guard case .point(let point, let note) = method.suggest(after: history) else {
            Issue.record("no suggestion")
            return
        }
        #expect(
            SearchCube(try SearchSpace.of(["a": ["min": 0.0, "max": 1.0], "b": ["min": 0.0, "max": 1.0]])).contains(
                point))
        #expect(note.mean?.isFinite == true && (note.deviation ?? 0) > 0)
    }

    @Test func `scales of 1e300 and 1e-300 are searched like 1`() throws {
        let plain = Played(try bayes(), count: 9) { .completed(Self.bowl($0)) }
        for scale in [0x1p990, 0x1p-990] {
            let scaled = Played(try bayes(), count: 9) { .completed(Self.bowl($0) * scale) }
            for (a, b) in zip(plain.points, scaled.points) {
                for (x, y) in zip(a.values, b.values) { #expect(abs((x?.number ?? 0) - (y?.number ?? 9)) < 1e-3) }
            }
        }
    }

    @Test func `a hundred dimensions and five thousand categories are searched`() throws {
        let wide = Dictionary(
            uniqueKeysWithValues: (0..<100).map { ("p\($0)", ["min": 0.0, "max": 1.0] as DistributionFields) })
        let played = Played(try bayes(wide), count: 6) { .completed($0.values.reduce(0) { $0 + ($1?.number ?? 0) }) }
        #expect(Set(played.points).count == 6)
        let many: [String: DistributionFields] = ["c": ["values": .list((0..<5000).map { .string("c\($0)") })]]
        let chosen = Played(try bayes(many), count: 8) { .completed($0.values[0] == "c1" ? 0 : 1) }
        #expect(Set(chosen.points).count == 8)
    }

    @Test func `nothing to choose is one trial, and one parameter is searched`() throws {
        let constant = Played(try bayes(["a": ["value": 1]]), count: 3) { _ in .completed(1) }
        #expect(constant.isExhausted && constant.points.count == 1)
        let one = Played(try bayes(["a": ["min": 0.0, "max": 1.0]]), count: 12) { point in
            .completed(abs((point.values[0]?.number ?? 0) - 0.7))
        }
        #expect(try #require(one.values.min()) < 0.02)
    }

    @Test func `where trials have a length, short ones are learnt from at theirs`() throws {
        let method = try bayes { $0.fidelity = Fidelity(max: 27) }
        var history = SearchHistory()
        while history.observations.count < 14, case .point(let point, _) = method.suggest(after: history) {
            // Two of three are stopped early, where values are worse by a constant.
            let length: Double = history.observations.count % 3 == 0 ? 27 : 3
            let curve = [1, 3, 9, 27].filter { $0 <= length }.enumerated().map { index, step in
                let value = Self.bowl(point) + (step == 27 ? 0 : 1)
                return CurvePoint(step: step, value: value, best: value, report: index + 1)
            }
            let value = curve[curve.count - 1].value
            history.observations.append(
                Observation(point: point, status: length == 27 ? .completed(value) : .pruned(value), curve: curve))
        }
        // Were short trials taken for full ones, all would end up around the few full ones.
        let last = history.observations.suffix(6).map { Self.bowl($0.point) }
        #expect(try #require(last.min()) < 0.05, "\(last)")
    }
}
