import SweepModel
import Testing

@testable import SweepSearch

@Suite struct SpaceEncodingTests {
    @Test(arguments: SpaceCase.all)
    func `a point comes back from its raw form, and raw points give points of the space`(_ testCase: SpaceCase) throws {
        let space = try testCase.make()
        let encoding = SpaceEncoding(space)
        let cube = SearchCube(space)
        var random = SeededRandom(seed: 4, index: 0)
        for _ in 0..<20 {
            let drawn = encoding.dimensions.indices.map { encoding.coordinate(at: random.nextUnit(), of: $0) }
            let point = encoding.point(of: drawn)
            #expect(cube.contains(point))
            let raw = encoding.raw(of: point)
            let active = encoding.activity(drawn)
            #expect(raw.map { $0 != nil } == active)
            let again = encoding.point(of: zip(raw, drawn).map { $0 ?? $1 })
            for (a, b) in zip(encoding.row(of: again), encoding.row(of: point)) { #expect(abs(a - b) < 1e-9) }
            for (a, b) in zip(encoding.row(of: point), encoding.row(of: drawn)) { #expect(abs(a - b) < 1e-9) }
            #expect(encoding.row(of: point).count == encoding.kinds.count)
        }
    }

    @Test(arguments: LawCase.all)
    func `every law's values have places that grow with them`(_ testCase: LawCase) throws {
        let space = try SearchSpace.of(["a": testCase.fields], distributions: ["a": testCase.name])
        let encoding = SpaceEncoding(space)
        guard encoding.kinds.first == .numeric else { return }
        let numbers = (0...20).map { encoding.point(of: [Double($0) / 20]).values[0]?.number ?? .nan }
        let places = (0...20).map { encoding.row(of: [Double($0) / 20])[0] }
        let isFalling = (numbers.last ?? 0) < (numbers.first ?? 0)
        for (a, b) in zip(numbers.indices, numbers.indices.dropFirst()) {
            #expect(isFalling ? numbers[b] <= numbers[a] : numbers[b] >= numbers[a])
            #expect(places[b] >= places[a] && (0...1).contains(places[a]))
            // Beyond 2⁵³ neighbours are one number, and two values.
            if numbers[a] == numbers[b], abs(numbers[a]) < 0x1p53 { #expect(places[a] == places[b]) }
        }
    }

    @Test func `lists of numbers are put in order, by logarithm, by value or by rank`() throws {
        func places(_ values: [ParameterValue]) -> [Double] {
            (OrderedNumbers.places(of: values) ?? []).map { ($0.place * 1000).rounded() / 1000 }
        }
        #expect(places([0.1, 0.001, 0.01]) == [0, 0.5, 1])
        #expect(places([1, 2, 3, 4.0, 5]) == [0, 0.25, 0.5, 0.75, 1])
        #expect(places([1, 2, 3, 10000]) == [0, 0.333, 0.667, 1])
        #expect(places([16, 32, 64, 128, 256]) == [0, 0.25, 0.5, 0.75, 1])
        #expect(OrderedNumbers.places(of: [1, "a"]) == nil)
        #expect(OrderedNumbers.places(of: [1, .double(.nan)]) == nil)
        let encoding = SpaceEncoding(try .of(["a": ["values": [3, 1, 2]], "b": ["values": ["x", "y"]]]))
        #expect(encoding.kinds == [.numeric, .category])
        #expect(encoding.point(of: [1, 1]).values == [3, "y"])
    }

    @Test func `what is not active is in the middle, and shown by its parent or by a feature of its own`() throws {
        let space = try SearchSpace.of(
            [
                "layers": ["min": 1, "max": 3], "opt": ["values": ["adam", "sgd"]], "sgd_m": ["min": 0.0, "max": 1.0],
                "units": ["min": 0.0, "max": 1.0], "units2": ["min": 0.0, "max": 1.0],
            ],
            when: ["sgd_m": ["opt": ["sgd"]], "units": ["layers": [2, 3]], "units2": ["layers": [2, 3]]])
        let encoding = SpaceEncoding(space)
        // One more feature for the two that need several layers; the category shows the other one.
        #expect(encoding.kinds == [.numeric, .category, .numeric, .numeric, .numeric, .category])
        #expect(encoding.row(of: [0, 0, 0.9, 0.9, 0.8]) == [1.0 / 6, 0, 0.5, 0.5, 0.5, 0])
        #expect(encoding.row(of: [1, 1, 0.9, 0.9, 0.8]) == [5.0 / 6, 1, 0.9, 0.9, 0.8, 1])
    }

    @Test func `all points of a finite space are found by rank, each once`() throws {
        let space = try SearchSpace.of(
            [
                "a": ["values": [1, 2, 3]], "b": ["values": [4, 5, 6]], "c": ["values": [7, 8]],
                "d": ["min": 0, "max": 9],
            ],
            when: ["b": ["c": [8]], "d": ["a": [1, 3]]], zip: [["a", "b"]])
        let encoding = SpaceEncoding(space)
        let points = try #require(SpacePoints(encoding))
        #expect(points.count == space.size.exactCount)
        let all = (0..<points.count).map(points.point)
        #expect(Set(all).count == all.count)
        for point in all { #expect(SearchCube(space).contains(point)) }
    }
}
