import Foundation
import SweepModel
import SweepSearch
import Testing

@Suite struct FidelitySearchTests {
    static let fidelity = Fidelity(metric: "epoch", max: 27)

    func method(seed: UInt64 = 1) throws -> Bayes {
        let space = try SearchSpace.of(["a": ["min": 0.0, "max": 1.0], "b": ["min": 0.0, "max": 1.0]])
        return try Bayes(
            problem: SearchProblem(space: space, seed: seed, parallel: 2, fidelity: Self.fidelity))
    }

    /// A bowl around (0.3, 0.7) that every trial comes closer to with each epoch.
    func value(_ point: Point, _ step: Double) -> Double {
        let a = point.values[0]?.number ?? 0
        let b = point.values[1]?.number ?? 0
        return (a - 0.3) * (a - 0.3) + (b - 0.7) * (b - 0.7) + 1 / step
    }

    func curve(_ point: Point, upTo steps: Int) -> [CurvePoint] {
        (1...steps).map {
            let value = value(point, Double($0))
            return CurvePoint(step: Double($0), value: value, best: value, report: $0)
        }
    }

    /// `count` trials; every fourth is trained to the end.
    func history(_ method: Bayes, _ count: Int) -> SearchHistory {
        var history = SearchHistory()
        while history.observations.count < count, case .point(let point, _) = method.suggest(after: history) {
            let isWhole = history.observations.count.isMultiple(of: 4)
            history.observations.append(
                Observation(
                    point: point, status: isWhole ? .completed(value(point, 27)) : .pruned(value(point, 3)),
                    curve: curve(point, upTo: isWhole ? 27 : 3)))
        }
        return history
    }

    @Test func `short trials teach where whole ones are good`() throws {
        let history = history(try method(), 20)
        let late = history.observations.suffix(6).map { value($0.point, 27) - 1.0 / 27 }
        #expect(late.min() ?? 1 < 0.01)
        #expect(late.sorted()[3] < 0.05)
    }

    @Test func `a prediction is of a whole training`() throws {
        let method = try method()
        let history = history(method, 17)
        guard case .point(let point, let note) = method.suggest(after: history) else {
            Issue.record("exhausted")
            return
        }
        #expect(note.origin == "gaussian process over points and steps")
        #expect(note.learntFrom == 17)
        let mean = try #require(note.mean)
        #expect(abs(mean - value(point, 27)) < 0.1)
    }

    @Test func `a search resumed from its history goes on as if never interrupted`() throws {
        let long = history(try method(seed: 5), 14)
        let short = SearchHistory(observations: Array(long.observations.prefix(9)))
        let next = try method(seed: 5).suggest(after: short)
        guard case .point(let point, _) = next else {
            Issue.record("exhausted")
            return
        }
        #expect(point == long.observations[9].point)
    }

    @Test func `running, failed and silent trials, NaN and any scale are survived`() throws {
        for scale in [1e-200, 1, 1e200] {
            let method = try method(seed: 3)
            var history = SearchHistory(goal: .maximize)
            for index in 0..<24 {
                guard case .point(let point, _) = method.suggest(after: history) else { break }
                let value = scale * (1 - value(point, 5))
                let curve = [
                    CurvePoint(step: 1, value: value, best: value, report: 1),
                    CurvePoint(step: 500, value: .nan, best: value, report: 2),
                ]
                let statuses: [Observation.Status] = [
                    .completed(value), .pruned(value), .pending, .failed, .completed(.nan), .pruned(nil),
                ]
                history.observations.append(
                    Observation(
                        point: point, status: statuses[index % 6],
                        curve: index.isMultiple(of: 5) ? [] : Array(curve.prefix(1 + index % 2))))
            }
            #expect(history.observations.count == 24)
            #expect(Set(history.observations.map(\.point)).count == 24)
        }
    }
}
