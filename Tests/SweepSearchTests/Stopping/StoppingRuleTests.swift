import Foundation
import SweepModel
import SweepSearch
import Testing

@Suite struct StoppingRuleTests {
    /// Rungs 1, 3, 9 with eta 3. By hand, in the order of arrival; `-` goes on:
    ///
    ///     trial     0    1    2    3    4    5    6
    ///     rung 1    5 -  6 -  4 -  7 x  3 -  9 x  1 -
    ///     n, keep   1,0  2,0  3,1  4,1  5,1  6,2  7,2
    ///
    /// At rung 3 trial 0 (5), 1 (2), 2 (4), 4 (3), 6 (0.5) arrive: n = 1, 2 pass, 3: keep 1, 4 > 2 stops; n = 4: keep 1,
    /// 3 > 2 stops; n = 5: keep 1, 0.5 passes.
    @Test func `asha follows a table made by hand`() throws {
        var reports = Reports(try rule("asha", ["min_iter": 1, "max_iter": 27, "eta": 3]))
        for (trial, value) in [5.0, 6, 4, 7, 3, 9, 1].enumerated() { reports.report(trial, 1, value) }
        #expect(reports.stops.keys.sorted() == [3, 5])
        #expect(reports.stops[3]?.note.threshold == 4)
        #expect(reports.stops[5]?.note.threshold == 4)
        #expect(reports.stops[5]?.note.neighbours == [4, 2, 0, 1, 3])
        for (trial, value) in [(0, 5.0), (1, 2), (2, 4), (4, 3), (6, 0.5)] {
            reports.report(trial, 2, value)
            reports.report(trial, 3, value)
        }
        #expect(reports.stops.keys.sorted() == [2, 3, 4, 5])
        #expect(reports.stops[2]?.note.rung == 3 && reports.stops[2]?.note.threshold == 2)
    }

    @Test func `a trial that failed takes no place among the best of a rung`() throws {
        var reports = Reports(try rule("asha", ["min_iter": 1, "max_iter": 9]))
        reports.report(1, 1, 0.1)
        reports.book.end(trial: 1, as: .failed)
        reports.report(2, 1, 0.5)
        reports.report(3, 1, 0.4)
        // The best of those three of which one failed.
        #expect(reports.stops[3] == nil)
        reports.report(4, 1, 0.45)
        #expect(reports.stops[4]?.note.threshold == 0.4)
        #expect(reports.stops[4]?.note.neighbours == [3, 2, 1])
    }

    @Test func `asha judges a trial at each rung once`() throws {
        var reports = Reports(try rule("asha", ["max_iter": 27]))
        reports.report(0, 1, 9)
        for trial in 1..<9 { reports.report(trial, 1, 1) }
        // Far behind now, but it has passed rung 1.
        reports.report(0, 2, 9)
        #expect(reports.stops[0] == nil)
        for trial in 1..<9 { reports.report(trial, 3, 1) }
        reports.report(0, 3, 9)
        #expect(reports.stops[0]?.step == 3)
    }

    @Test func `asha compares strides over several rungs at the highest`() throws {
        var reports = Reports(try rule("asha", ["max_iter": 81]))
        for trial in 0..<3 { reports.report(trial, 1, Double(trial)) }
        reports.report(3, 10, 1)
        reports.report(4, 10, 2)
        #expect(reports.stops[3] == nil && reports.stops[4] == nil)
        reports.report(5, 10, 3)
        #expect(reports.stops[5]?.note.rung == 9)
        #expect(reports.stops[5]?.note.neighbours == [3, 4])
    }

    @Test func `asha's brackets are drawn in Hyperband's proportions and start higher`() throws {
        let asha = try #require(try rule("asha", ["max_iter": 27, "brackets": 3]) as? ASHA)
        let counts = (0..<9000).reduce(into: [0, 0, 0]) { $0[asha.bracket(of: $1)] += 1 }
        // 9, 3 · 3/2, 3: of 16.5.
        for (count, share) in zip(counts, [9 / 16.5, 4.5 / 16.5, 3 / 16.5]) {
            #expect(abs(Double(count) / 9000 - share) < 0.02)
        }
        var reports = Reports(asha)
        let high = (0..<1000).filter { asha.bracket(of: $0) == 2 }.prefix(4)
        for (index, trial) in high.enumerated() { reports.report(trial, 1, Double(index)) }
        #expect(reports.stops.isEmpty)
        for (index, trial) in high.enumerated() { reports.report(trial, 9, Double(index)) }
        #expect(reports.stops.keys.sorted() == Array(high.suffix(2)))
    }

    @Test func `median stops what is worse than most at its step, once there are enough`() throws {
        var reports = Reports(try rule("median", ["min_trials": 3, "min_iter": 2]))
        reports.run(0, [9, 9])
        reports.run(1, [1, 1])
        reports.run(2, [2, 2])
        #expect(reports.stops.isEmpty)
        reports.run(3, [3, 3])
        // Others at step 2: 9, 1, 2.
        #expect(reports.stops[3]?.step == 2)
        #expect(reports.stops[3]?.note.threshold == 2)
        // 9, 1, 2, 3: the median is 2.5, and 2.5 is not worse.
        reports.run(4, [2.5, 2.5])
        #expect(reports.stops[4] == nil)
    }

    @Test func `percentile keeps the best share`() throws {
        var reports = Reports(try rule("percentile", ["percentile": 20], goal: .maximize), goal: .maximize)
        for trial in 0..<6 { reports.report(trial, 1, 10 - Double(trial)) }
        // Of the others 10, 9, 8, 7, 6 the best 20 % reach 10 - 0.8.
        #expect(reports.stops.keys.sorted() == [5])
        #expect(abs((reports.stops[5]?.note.threshold ?? 0) - 9.2) < 1e-9)
    }

    @Test func `threshold stops outside its bounds`() throws {
        var reports = Reports(try rule("threshold", ["upper": 10, "lower": 0, "min_iter": 2]))
        reports.run(0, [50, 5, 10, 0, 10.1])
        #expect(reports.stops[0]?.step == 5 && reports.stops[0]?.note.threshold == 10)
        reports.run(1, [5, -1])
        #expect(reports.stops[1]?.note.threshold == 0)
    }

    @Test func `patient waits for an improvement`() throws {
        var reports = Reports(try rule("patient", ["patience": 3, "min_delta": 0.1]))
        reports.run(0, [5, 4, 3.95, 3.92, 3.91, 1])
        #expect(reports.stops[0]?.step == 5)
        reports.run(1, [5, 4, 3.95, 3.85, 3.8, 3.7, 3.6])
        #expect(reports.stops[1] == nil)
    }

    /// Power-law curves with noise: of those that the rule stops hardly any would have been the best.
    @Test func `predict is seldom wrong, and saves much`() throws {
        var random = Draws(seed: 11)
        var wrong = 0
        var stopped = 0
        var steps = 0
        var total = 0
        for _ in 0..<20 {
            var reports = Reports(try rule("predict", ["max_iter": 50]))
            var best = Double.infinity
            for trial in 0..<30 {
                let end = 0.1 + 0.4 * random.unit()
                let drop = 0.2 + random.unit()
                let slope = 0.3 + random.unit()
                let curve = (1...50).map { step in
                    end + drop / pow(Double(step), slope) + 0.004 * random.normal()
                }
                reports.run(trial, curve)
                total += 50
                steps += Int(reports.stops[trial]?.step ?? 50)
                if reports.stops[trial] != nil {
                    stopped += 1
                    if (curve.min() ?? 0) < best { wrong += 1 }
                } else {
                    best = min(best, curve.min() ?? best)
                }
            }
        }
        #expect(stopped > 300)
        #expect(Double(wrong) / Double(stopped) < 0.05)
        #expect(Double(steps) / Double(total) < 0.5)
    }

    @Test func `predict says what it expected`() throws {
        var reports = Reports(try rule("predict", [:], goal: .maximize, fidelity: Fidelity(max: 40)), goal: .maximize)
        for trial in 0..<5 { reports.run(trial, (1...40).map { 0.9 - Double(trial) / 50 - 0.5 / Double($0) }) }
        reports.run(5, (1...40).map { 0.3 - 0.2 / Double($0) })
        let stop = try #require(reports.stops[5])
        #expect(stop.step < 12)
        #expect(stop.note.threshold.map { abs($0 - (0.9 - 0.5 / 40)) < 1e-9 } == true)
        #expect(stop.note.remark?.contains("chance") == true)
    }
}
