import SweepModel
import SweepSearch
import Testing

@Suite struct SearchSpaceTests {
    @Test func `points become nested parameters and come back`() throws {
        let space = try SearchSpace.of(
            [
                "opt.lr": ["min": 0.0, "max": 1.0], "opt.sched.gamma": ["values": [0.9]],
                "batch": ["values": [16, 32]],
                "opt.sched.kind": ["values": ["cos"]],
            ],
            when: ["opt.sched.gamma": ["batch": [16]], "opt.sched.kind": ["batch": [16]]])
        let cube = SearchCube(space)
        let with = cube.point(at: [0.1, 0.25, 0, 0])
        #expect(
            ParameterValue.object(space.parameters(of: with)).json()
                == #"{"batch":16,"opt":{"lr":0.25,"sched":{"gamma":0.9,"kind":"cos"}}}"#)
        let without = cube.point(at: [0.9, 0.25, 0, 0])
        #expect(ParameterValue.object(space.parameters(of: without)).json() == #"{"batch":32,"opt":{"lr":0.25}}"#)
        for point in [with, without] {
            #expect(space.point(of: space.parameters(of: point)) == point)
            #expect(cube.contains(point))
        }
    }

    @Test func `a parameter of an inactive parent is inactive`() throws {
        let space = try SearchSpace.of(
            ["a": ["values": [0, 1]], "b": ["values": [0, 1]], "c": ["values": [0, 1]]],
            when: ["b": ["a": [1]], "c": ["b": [0, 1]]])
        #expect(SearchCube(space).point(at: [0.1, 0.9, 0.9]).values == [0, nil, nil])
        #expect(SearchCube(space).point(at: [0.9, 0.9, 0.9]).values == [1, 1, 1])
        #expect(space.size == .exact(5))
    }

    @Test func `parents that are missing or in a circle make a parameter absent, not a trap`() throws {
        let space = try SearchSpace.of(
            ["a": ["values": [1]], "b": ["values": [1]], "c": ["values": [1]], "d": ["values": [1, 2]]],
            when: ["a": ["b": [1]], "b": ["a": [1]], "c": ["nobody": [1]]])
        #expect(SearchCube(space).point(at: [0.1, 0.1, 0.1, 0.1]).values == [nil, nil, nil, 1])
        #expect(try Grid(space: space, seed: 0).points(10).count == 2)
        #expect(space.size == .exact(2))
    }

    @Test func `a condition takes 1 and 1.0 for the same`() throws {
        let space = try SearchSpace.of(["n": ["values": [1, 2]], "x": ["value": 0]], when: ["x": ["n": [1.0]]])
        #expect(SearchCube(space).point(at: [0.1]).values == [1, 0])
    }

    @Test func `the members of a coupling share an index`() throws {
        let space = try SearchSpace.of(
            ["a": ["values": [1, 2, 3]], "b": ["values": ["x", "y", "z"]], "c": ["min": 0.0, "max": 1.0]],
            zip: [["b", "a"]])
        let cube = SearchCube(space)
        #expect(cube.dimensionCount == 2)
        #expect(cube.point(at: [0.5, 0.5]).values == [2, "y", 0.5])
        #expect(cube.contains(Point(values: [1, "x", 0.5])))
        #expect(!cube.contains(Point(values: [1, "y", 0.5])))
        #expect(cube.coordinates(of: Point(values: [1, "x", 0.25])) == [0.5 / 3, 0.25])
    }

    @Test func `coordinates lead back to the point`() throws {
        let space = try SearchSpace.of(
            [
                "a": ["values": [1, 2, 3]], "b": ["min": 1, "max": 100], "c": ["value": "k"],
                "d": ["values": [true, false]],
            ],
            when: ["d": ["a": [2, 3]]])
        let cube = SearchCube(space)
        #expect(cube.dimensionCount == 3)
        var random = SeededGenerator(state: 1)
        for _ in 0..<200 {
            let point = cube.point(at: (0..<3).map { _ in Double.random(in: 0...1, using: &random) })
            let coordinates = cube.coordinates(of: point)
            #expect((coordinates[2] == nil) == (point.values[3] == nil))
            #expect(cube.point(at: coordinates.map { $0 ?? 0.5 }) == point)
        }
    }

    @Test func `what does not belong is not contained`() throws {
        let space = try SearchSpace.of(
            ["a": ["values": [1, 2]], "b": ["min": 0.0, "max": 1.0]], when: ["b": ["a": [1]]])
        let cube = SearchCube(space)
        #expect(cube.contains(Point(values: [1, 0.5])))
        #expect(cube.contains(Point(values: [2, nil])))
        for wrong: [ParameterValue?] in [[1, nil], [2, 0.5], [3, nil], [1, 1.5], [1, "x"], [nil, nil], [1], []] {
            #expect(!cube.contains(Point(values: wrong)), "\(wrong)")
        }
    }

    @Test func `coordinates that are none do not trap`() throws {
        let space = try SearchSpace.of(["a": ["values": [1, 2]], "b": ["values": [1, 2]]], zip: [["a", "b"]])
        for u in [Double.nan, .infinity, -1, 2] {
            #expect(SearchCube(space).contains(SearchCube(space).point(at: [u])))
        }
        #expect(SearchCube(space).contains(SearchCube(space).point(at: [])))
    }

    @Test func `a continuum makes the space infinite`() throws {
        #expect(try SearchSpace.of(["a": ["values": [1]], "b": ["min": 0.0, "max": 1.0]]).size == .infinite)
        let finite = try SearchSpace.of(
            ["a": ["min": 0, "max": 1, "q": 0.25], "b": ["values": [1, 2, 2], "probabilities": [0.5, 0.25, 0.25]]],
            distributions: ["a": "q_uniform"])
        #expect(finite.size == .exact(10))
    }

    @Test func `conditions too entangled to count give an upper bound`() throws {
        var parameters: [String: DistributionFields] = ["z": ["values": .list((0..<1500).map { .int($0) })]]
        var conditions: [String: [String: [ParameterValue]]] = [:]
        for child in 0..<1500 {
            parameters["c\(child)"] = ["values": [1, 2]]
            conditions["c\(child)"] = ["z": [.int(child)]]
        }
        let space = try SearchSpace.of(parameters, when: conditions)
        guard case .beyondCounting = space.size else {
            Issue.record("\(space.size)")
            return
        }
        let error = try #require(throws: SweepError.self) { try Grid(space: space, seed: 0) }
        #expect(error.message.contains("conditions between"))
    }
}
