import SweepModel
import SweepSearch
import Testing

@Suite struct LandscapeTests {
    @Test(arguments: [Objective.Goal.minimize, .maximize])
    func `a slice has its best where the function has it, and what was seen lies within its limits`(
        goal: Objective.Goal
    ) throws {
        let sign = goal == .maximize ? -1.0 : 1.0
        let space = try InsightTests.box(["a", "b"])
        let history = try InsightTests.history(space, 60, goal: goal) { x in
            let (a, b) = (x[0] ?? 0, x[1] ?? 0)
            return sign * ((a - 0.3) * (a - 0.3) * 10 + (b - 0.8) * (b - 0.8))
        }
        let landscape = try #require(Landscape(space: space, history: history, pair: ("a", "b")))
        #expect(landscape.learntFrom == 60)
        #expect(landscape.slices.map(\.name) == ["a", "b"])
        let slice = landscape.slices[0]
        let means = slice.mean.map { ($0 ?? .nan) * sign }
        let best = try #require(means.indices.min { means[$0] < means[$1] })
        #expect(abs((slice.at[best].number ?? .nan) - 0.3) < 0.1)
        for (low, (mean, high)) in zip(slice.low, zip(slice.mean, slice.high)) {
            #expect(try #require(low) <= #require(mean))
            #expect(try #require(mean) <= #require(high))
        }
        let contour = try #require(landscape.contour)
        #expect(contour.mean.count == contour.up.count)
        #expect(contour.mean.allSatisfy { $0.count == contour.across.count })
        let cells = contour.mean.enumerated().flatMap { up, row in
            row.enumerated().map { (across: $0.offset, up: up, cost: ($0.element ?? .nan) * sign) }
        }
        let lowest = try #require(cells.min { $0.cost < $1.cost })
        #expect(abs((contour.across[lowest.across].number ?? .nan) - 0.3) < 0.15)
        #expect(abs((contour.up[lowest.up].number ?? .nan) - 0.8) < 0.25)
    }

    @Test func `a category has a place each, and too few trials have no landscape`() throws {
        let space = try SearchSpace.of(["kind": ["values": ["p", "q", "r"]], "b": ["min": 0.0, "max": 1.0]])
        let method = try RandomSearch(space: space, seed: 5)
        var history = SearchHistory()
        let cost = ["p": 1.0, "q": 0, "r": 2]
        while history.observations.count < 40, case .point(let point, _) = method.suggest(after: history) {
            let kind = point.values.compactMap { $0?.string }.first ?? ""
            history.observations.append(Observation(point: point, status: .completed(cost[kind] ?? 9)))
        }
        let slice = try #require(Landscape(space: space, history: history)?.slices.first { $0.name == "kind" })
        #expect(Set(slice.at.compactMap(\.string)) == ["p", "q", "r"])
        let best = try #require(slice.mean.indices.min { slice.mean[$0] ?? .nan < slice.mean[$1] ?? .nan })
        #expect(slice.at[best].string == "q")
        history.observations = Array(history.observations.prefix(3))
        #expect(Landscape(space: space, history: history) == nil)
    }
}
