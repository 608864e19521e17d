import SweepModel
import SweepSearch
import Testing

@Suite struct GridTests {
    func grid(_ space: SearchSpace) throws -> [Parameters] {
        try Grid(space: space, seed: 0).points(10_000).map { space.parameters(of: $0) }
    }

    @Test func `the last parameter by name varies fastest, values come as given`() throws {
        let space = try SearchSpace.of(["b": ["values": [3, 1]], "a": ["values": ["y", "x"]], "c": ["value": 0]])
        #expect(
            try grid(space) == [
                [.init("a", "y"), .init("b", 3), .init("c", 0)], [.init("a", "y"), .init("b", 1), .init("c", 0)],
                [.init("a", "x"), .init("b", 3), .init("c", 0)], [.init("a", "x"), .init("b", 1), .init("c", 0)],
            ])
    }

    @Test func `names are ordered by code point at each level`() throws {
        let space = SearchSpace(
            parameters: try [["b"], ["a", "z"], ["a", "Y"], ["a-b"], ["Z"], ["é"], ["z"]].map {
                Parameter(path: $0, distribution: try Categorical([1, 2]))
            })
        let first = try #require(try grid(space).first)
        #expect(ParameterValue.object(first).json() == #"{"Z":1,"a":{"Y":1,"z":1},"a-b":1,"b":1,"z":1,"é":1}"#)
        let second = try grid(space)[1]
        #expect(ParameterValue.object(second)["é"] == 2)
    }

    @Test func `int_uniform has both ends and q_uniform leaves max out`() throws {
        let space = try SearchSpace.of(
            ["n": ["min": 1, "max": 3], "q": ["min": 0.1, "max": 0.5, "q": 0.1]], distributions: ["q": "q_uniform"])
        let points = try grid(space)
        #expect(points.count == 12)
        #expect(points.prefix(4).map { $0[1].value } == [0.1, 0.2, 0.30000000000000004, 0.4])
        #expect(points.last?.first?.value == 3)
    }

    @Test func `repeated values collapse, true and 1 and '1' stay apart`() throws {
        let points = try grid(try SearchSpace.of(["x": ["values": [1, 1.0, true, "1", 1]]]))
        #expect(points.map { $0[0].value } == [1, true, "1"])
    }

    @Test func `a grid of constants is one point`() throws {
        #expect(try grid(try SearchSpace.of(["x": ["value": 1], "y": ["value": nil]])).count == 1)
    }

    @Test(
        arguments: [
            ("uniform", ["min": 0.0, "max": 1.0]), ("normal", [:]), ("q_log_uniform_values", ["min": 1, "max": 8]),
            ("categorical_w_probabilities", ["values": [1, 2], "probabilities": [0.5, 0.5]]),
        ] as [(String, DistributionFields)])
    func `a law without a list of values is refused with the remedy`(_ law: String, _ fields: DistributionFields) throws
    {
        let space = try SearchSpace.of(["lr": fields, "n": ["value": 1]], distributions: ["lr": law])
        let refusal = SweepError(
            .usage, "grid needs values, int_uniform or q_uniform; 'lr' is \(law)",
            remedy: "give 'values', or use method random, sobol or bayes")
        #expect(throws: refusal) { try Grid(space: space, seed: 0) }
    }

    @Test func `a trillion points are counted and reached at once`() throws {
        let digits: DistributionFields = ["values": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]
        let space = try SearchSpace.of(
            Dictionary(uniqueKeysWithValues: (0..<12).map { ("d\(String(UnicodeScalar(UInt8(97 + $0))))", digits) }))
        #expect(space.size == .exact(1_000_000_000_000))
        let grid = try Grid(space: space, seed: 0)
        #expect(grid.size == 1_000_000_000_000)
        let clock = ContinuousClock()
        var point = Point(values: [])
        let time = clock.measure { for _ in 0..<100 { point = grid.point(at: 987_654_321_012) } }
        #expect(point.values == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2])
        // Microseconds; the bound leaves room for a debug build on a busy machine.
        #expect(time < .seconds(1))
    }

    @Test func `a grid beyond counting saturates and still has its points`() throws {
        let names = (0..<30).map { "p\($0 + 10)" }
        let space = try SearchSpace.of(
            Dictionary(uniqueKeysWithValues: names.map { ($0, ["values": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]) }))
        #expect(space.size == .beyondCounting)
        let grid = try Grid(space: space, seed: 0)
        #expect(grid.size == .max)
        #expect(grid.point(at: 42).values.suffix(3) == [0, 4, 2])
        #expect(grid.point(at: .max - 1).values.allSatisfy { $0 != nil })
        let wide = try SearchSpace.of(["a": ["min": 1, "max": .int(.max)], "b": ["min": 1, "max": .int(.max)]])
        #expect(wide.size == .beyondCounting)
        #expect(try Grid(space: wide, seed: 0).point(at: 4).values == [1, 5])
    }

    @Test func `inactive parameters make no points`() throws {
        let space = try SearchSpace.of(
            [
                "betas": ["values": [0.9, 0.99]], "momentum": ["values": [0, 1, 2]],
                "optimizer": ["values": ["adam", "sgd", "rms"]],
            ],
            when: ["betas": ["optimizer": ["adam"]], "momentum": ["optimizer": ["sgd", "rms"]]])
        let points = try grid(space)
        #expect(points.count == 8)
        #expect(space.size == .exact(8))
        #expect(points[0] == [.init("betas", 0.9), .init("optimizer", "adam")])
        #expect(points[2] == [.init("momentum", 0), .init("optimizer", "sgd")])
    }

    @Test func `a parent of a trillion values of which two matter costs nothing`() throws {
        let space = try SearchSpace.of(
            ["n": ["min": 1, "max": 1_000_000_000_000], "deep": ["values": ["a", "b"]]],
            when: ["deep": ["n": [7, 500_000_000_000]]])
        let grid = try Grid(space: space, seed: 0)
        #expect(grid.size == 1_000_000_000_002)
        #expect(space.size == .exact(1_000_000_000_002))
        #expect(grid.point(at: 6).values == ["a", 7])
        #expect(grid.point(at: 7).values == ["b", 7])
        #expect(grid.point(at: 8).values == [nil, 8])
        #expect(grid.point(at: 1_000_000_000_001).values == [nil, 1_000_000_000_000])
    }

    @Test func `a coupling is one axis, its repeated rows collapse`() throws {
        let space = try SearchSpace.of(
            ["depth": ["values": [2, 4, 2]], "width": ["values": [8, 16, 8]], "lr": ["values": [1, 2]]],
            zip: [["width", "depth"]])
        let points = try grid(space)
        #expect(points.map { $0.map { $0.value } } == [[2, 1, 8], [2, 2, 8], [4, 1, 16], [4, 2, 16]])
        #expect(space.size == .exact(4))
    }

    @Test func `a coupling that depends on itself through another parameter is refused by name`() throws {
        let space = try SearchSpace.of(
            ["a": ["values": [1, 2]], "b": ["values": [1, 2]], "c": ["values": [1, 2]]],
            when: ["c": ["a": [1]], "b": ["c": [2]]], zip: [["a", "b"]])
        let error = try #require(throws: SweepError.self) { try Grid(space: space, seed: 0) }
        #expect(error.message.contains("'a', 'b', 'c'") && error.message.contains("circle"))
        #expect(space.size == .atMost(9))
    }

    @Test func `a condition matches a real number as a person writes it`() throws {
        let space = try SearchSpace.of(
            ["p": ["min": 0.1, "max": 0.5, "q": 0.1], "x": ["values": [1, 2, 3]]], distributions: ["p": "q_uniform"],
            when: ["x": ["p": [0.3]]])
        #expect(try grid(space).count == 6)
    }

    /// Against enumeration, over random spaces with conditions, nesting of conditions and couplings.
    @Test(arguments: 0..<60) func `a conditional grid has every point of the space once`(_ seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let count = Int.random(in: 1...6, using: &random)
        let names = (0..<count).map { "p\($0)" }.shuffled(using: &random)
        var parameters: [String: DistributionFields] = [:]
        var conditions: [String: [String: [ParameterValue]]] = [:]
        for (index, name) in names.enumerated() {
            let size = Int.random(in: 1...3, using: &random)
            parameters[name] = ["values": .list((0..<size).map { .int($0) })]
            for parent in names.prefix(index) where Int.random(in: 0..<3, using: &random) == 0 {
                conditions[name, default: [:]][parent] = [.int(Int.random(in: 0...2, using: &random)), 0]
            }
        }
        if count > 3, Bool.random(using: &random) {
            // Two roots move together.
            parameters[names[1]] = parameters[names[0]]
            conditions[names[1]] = nil
        }
        let couplings =
            count > 3 && parameters[names[1]]?.values == parameters[names[0]]?.values && conditions[names[1]] == nil
        let space = try SearchSpace.of(parameters, when: conditions, zip: couplings ? [[names[0], names[1]]] : [])
        let cube = SearchCube(space)
        var all: Set<Point> = []
        for choice in 0..<Int(pow3(count)) {
            var (values, rest) = ([ParameterValue?](), choice)
            for parameter in space.parameters {
                let axis = try #require(parameter.distribution.gridAxis)
                values.append(axis[min(rest % 3, axis.count - 1)])
                rest /= 3
            }
            for mask in 0..<(1 << count) {
                let point = Point(values: values.indices.map { mask >> $0 & 1 == 1 ? values[$0] : nil })
                if cube.contains(point) { all.insert(point) }
            }
        }
        let points = try Grid(space: space, seed: 0).points(10_000)
        #expect(Set(points).count == points.count)
        #expect(Set(points) == all)
        #expect(space.size == .exact(all.count))
    }

    private func pow3(_ exponent: Int) -> Int { (0..<exponent).reduce(1) { product, _ in product * 3 } }
}

/// For tests: a small generator whose seed is printed with the test's case.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ state >> 29) &* 0x9E37_79B9_7F4A_7C15 ^ state >> 32
    }
}
