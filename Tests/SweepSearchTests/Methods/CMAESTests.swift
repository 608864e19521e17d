import Glibc
import SweepModel
import SweepSearch
import Testing

@Suite struct CMAESTests {
    func best(
        _ space: SearchSpace, trials: Int, seed: UInt64 = 1, pending: Int = 0, _ function: ([Double]) -> Double
    ) throws -> Double {
        let method = try CMAES(problem: SearchProblem(space: space, seed: seed))
        var history = SearchHistory()
        var best = Double.infinity
        func finish(_ index: Int) {
            let value = function(history.observations[index].point.values.map { $0?.number ?? .nan })
            history.observations[index].status = .completed(value)
            best = min(best, value)
        }
        while history.observations.count < trials, case .point(let point, _) = method.suggest(after: history) {
            history.observations.append(Observation(point: point, status: .pending))
            if history.observations.count > pending { finish(history.observations.count - 1 - pending) }
        }
        return best
    }

    static func box(_ dimensions: Int) throws -> SearchSpace {
        try .of(Dictionary(uniqueKeysWithValues: (0..<dimensions).map { ("x\($0)", ["min": -1.0, "max": 1.0]) }))
    }

    /// Axes of which the longest is a thousand times the shortest, turned by no rotation.
    static func ellipsoid(_ x: [Double]) -> Double {
        zip(x, 0...).reduce(0) { $0 + pow(10, 6 * Double($1.1) / Double(x.count - 1)) * ($1.0 - 0.2) * ($1.0 - 0.2) }
    }

    @Test func `it solves the ellipsoid in ten dimensions`() throws {
        #expect(try best(Self.box(10), trials: 6000, Self.ellipsoid) < 1e-4)
    }

    @Test func `it does so with workers that return late`() throws {
        #expect(try best(Self.box(5), trials: 2500, pending: 8, Self.ellipsoid) < 1e-4)
    }

    @Test func `whole numbers keep moving until they are right`() throws {
        var parameters: [String: DistributionFields] = [:]
        for index in 0..<4 { parameters["k\(index)"] = ["min": 0, "max": 40] }
        for index in 0..<3 { parameters["x\(index)"] = ["min": -1.0, "max": 1.0] }
        let target = [31.0, 3, 17, 40]
        let value = try best(.of(parameters), trials: 2000) { x in
            zip(x, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } + x.suffix(3).reduce(0) { $0 + $1 * $1 }
        }
        // One number off by one costs 1.
        #expect(value < 0.05, "\(value)")
    }

    @Test func `it starts anew when it has settled in a poor place`() throws {
        // A wide basin of value 1 at -0.5, and a narrow one of value 0 at 0.8.
        let value = try best(Self.box(2), trials: 8000) { x in
            let far = x.reduce(0) { $0 + ($1 + 0.5) * ($1 + 0.5) }
            let near = x.reduce(0) { $0 + ($1 - 0.8) * ($1 - 0.8) }
            return min(1 + far, 60 * near)
        }
        // Below 1 it has left the wide basin.
        #expect(value < 0.5, "\(value)")
    }

    @Test func `several objectives are refused with a remedy`() throws {
        let problem = SearchProblem(space: try Self.box(2), seed: 1, goals: [.minimize, .minimize])
        #expect {
            try CMAES(problem: problem)
        } throws: { error in
            (error as? SweepError)?.remedy?.contains("tpe") == true
        }
    }
}
