import SweepModel
import SweepSearch
import Testing

/// Against the worked examples of W&B's engine, and against its algorithm written down once more.
@Suite struct HyperbandTests {
    @Test(arguments: [
        (["min_iter": 3] as [String: ParameterValue], [3, 9, 27, 81]), (["max_iter": 27, "s": 2], [3, 9]),
        (["max_iter": 27, "s": 5], [1, 3, 9]), (["max_iter": 5, "eta": 2, "s": 2], [1, 2]),
        (["min_iter": 2, "eta": 1.5], [2, 3, 4, 6, 10, 15, 22, 34]),
        (["min_iter": 100, "max_iter": 27, "s": 2], [3, 9]), (["max_iter": 81, "s": 3], [3, 9, 27]),
    ])
    func `bands are W&B's`(settings: [String: ParameterValue], bands: [Int]) throws {
        let rule = try #require(try rule("hyperband", settings) as? Hyperband)
        #expect(Array(rule.bands.prefix(bands.count)) == bands)
        if settings["s"] != nil { #expect(rule.bands == bands) }
    }

    @Test(arguments: [[:], ["max_iter": 9], ["max_iter": 2, "s": 2], ["s": 3]] as [[String: ParameterValue]])
    func `settings that make no rule are refused with a remedy`(settings: [String: ParameterValue]) {
        #expect { try rule("hyperband", settings) } throws: { ($0 as? SweepError)?.remedy != nil }
    }

    @Test func `the first to reach a band is its own threshold`() throws {
        var reports = Reports(try rule("hyperband", ["min_iter": 3]))
        reports.run(0, [9, 9, 9, 9])
        #expect(reports.stops.isEmpty)
        reports.run(1, [1, 1, 10])
        #expect(reports.stops[1]?.step == 3)
        #expect(reports.stops[1]?.note.threshold == 9)
        #expect(reports.stops[1]?.note.value == 10)
    }

    @Test func `the iteration counts reports, not steps`() throws {
        var reports = Reports(try rule("hyperband", ["min_iter": 3]))
        for step in 1...3 { reports.report(0, Double(step) * 100, 1) }
        for step in 1...2 { reports.report(1, Double(step) * 100, 5) }
        #expect(reports.stops.isEmpty)
        reports.report(1, 300, 5)
        #expect(reports.stops[1] != nil)
    }

    @Test func `strict judges the value at the band, otherwise the best so far counts`() throws {
        for isStrict in [true, false] {
            var reports = Reports(try rule("hyperband", ["min_iter": 3, "strict": .bool(isStrict)]))
            reports.run(0, [5, 5, 2])
            reports.run(1, [1, 5, 5])
            #expect((reports.stops[1] != nil) == isStrict)
        }
    }

    @Test func `about the best third survives a band`() throws {
        var reports = Reports(try rule("hyperband", ["min_iter": 3]))
        // Ascending values: the threshold is always among the earliest.
        for trial in 0..<30 { reports.run(trial, [Double](repeating: Double(trial), count: 3)) }
        // int(n / 3) + 1 survive of the first n, one after the other: 1, then those with value <= sorted[int(n/3)].
        #expect(reports.stops.count == 30 - survivors(30))
        func survivors(_ count: Int) -> Int {
            (0..<count).filter { trial in trial <= Int(1.0 / 3 * Double(trial + 1)) }.count
        }
    }

    /// `hyperband_stop_runs` over whole histories: would the run be stopped now?
    func wandb(
        _ histories: [[Double]], _ run: Int, bands: [Int], eta: Double, strict: Bool, maximize: Bool
    ) -> Bool {
        let signed = histories.map { $0.map { maximize ? -$0 : $0 } }
        guard let band = bands.last(where: { $0 <= signed[run].count }), let best = signed[run].min() else {
            return false
        }
        let at = signed.filter { $0.count >= band }.map { $0[band - 1] }.sorted()
        let threshold = at[Int(1 / eta * Double(at.count))]
        return (strict ? signed[run][band - 1] : best) > threshold
    }

    @Test(arguments: [(true, 3.0, false), (false, 3, false), (true, 2, true), (false, 1.5, true)])
    func `every decision is W&B's`(strict: Bool, eta: Double, maximize: Bool) throws {
        let rule = try #require(
            try rule(
                "hyperband", ["min_iter": 2, "eta": .double(eta), "strict": .bool(strict)],
                goal: maximize ? .maximize : .minimize) as? Hyperband)
        var random = Draws(seed: 5)
        var reports = Reports(rule, goal: maximize ? .maximize : .minimize)
        var histories = [[Double]](repeating: [], count: 40)
        var stopped = 0
        for _ in 0..<2000 {
            let trial = Int(random.unit() * 40)
            guard reports.stops[trial] == nil, histories[trial].count < 60 else { continue }
            let value = (random.unit() * 20).rounded() + Double(trial) / 4
            histories[trial].append(value)
            reports.report(trial, Double(histories[trial].count), value)
            let expected = wandb(histories, trial, bands: rule.bands, eta: eta, strict: strict, maximize: maximize)
            #expect((reports.stops[trial] != nil) == expected)
            stopped += expected ? 1 : 0
        }
        #expect(stopped > 3)
    }
}

/// Numbers that follow from a seed.
struct Draws {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func unit() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
    }

    /// Of the standard normal law (Box and Muller).
    mutating func normal() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += unit() }
        return sum
    }
}
