import SweepModel
import SweepSearch
import Testing

/// Settings under which each rule has something to stop.
struct RuleCase: Sendable, CustomTestStringConvertible {
    var name: String
    var settings: [String: ParameterValue]
    var testDescription: String { name }

    static let all: [RuleCase] = BuiltIns.stoppingRules.map { rule in
        let settings: [String: ParameterValue] =
            switch rule.name {
            case "hyperband": ["min_iter": 3]
            case "threshold": ["upper": 0.9]
            case "patient": ["patience": 4]
            default: [:]
            }
        return RuleCase(name: rule.name, settings: settings)
    }

    func make(goal: Objective.Goal = .minimize) throws -> any StoppingRule {
        try rule(name, settings, goal: goal, fidelity: Fidelity(metric: "epoch", max: 81))
    }
}

/// What every stopping rule must keep, over `BuiltIns.stoppingRules`.
@Suite struct StoppingConformanceTests {
    @Test func `names are different, and found`() {
        let names = BuiltIns.stoppingRules.map { $0.name }
        #expect(Set(names).count == names.count)
        #expect(
            Set(names) == [
                "hyperband", "asha", "median", "percentile", "threshold", "patient", "predict", "auto",
            ])
        #expect(BuiltIns.stoppingRule(named: "no such rule") == nil)
    }

    @Test(arguments: RuleCase.all)
    func `wrong settings are refused with a remedy`(_ testCase: RuleCase) {
        #expect { try rule(testCase.name, ["no_such_key": 1]) } throws: { ($0 as? SweepError)?.remedy != nil }
        for key in BuiltIns.stoppingRule(named: testCase.name)?.keys ?? [] {
            for bad: ParameterValue in [.null, "3", .double(.nan), .double(-.infinity), -5, ["a"]] {
                let isFlagOrAny = if case .number(nil, nil) = key.kind { true } else { false }
                if isFlagOrAny, bad == -5 { continue }
                #expect(!key.takes(bad))
                #expect { try rule(testCase.name, [key.name: bad]) } throws: { $0 is SweepError }
            }
        }
    }

    /// Trials whose curves cross, some diverging, interleaved as four workers would report them.
    func simulate(_ reports: inout Reports, trials: Int, restartingAt: Set<Int> = [], goal: Objective.Goal) {
        var random = Draws(seed: 3)
        var running: [(trial: Int, step: Int, end: Double, drop: Double)] = []
        var next = 0
        var count = 0
        while next < trials || !running.isEmpty {
            while running.count < 4, next < trials {
                running.append((next, 0, random.unit(), random.unit()))
                next += 1
            }
            let index = Int(random.unit() * Double(running.count))
            running[index].step += 1
            let run = running[index]
            let noise = 0.02 * random.normal()
            let value = run.end + run.drop / Double(run.step) + noise
            if count.isMultiple(of: 97) { reports.report(run.trial, Double(run.step), .nan) }
            reports.report(run.trial, Double(run.step), goal == .minimize ? value : -value)
            // A late report of an earlier step changes nothing.
            let before = reports.stops.count
            reports.report(run.trial, Double(run.step) - 0.5, -1e9)
            #expect(reports.stops.count == before)
            count += 1
            if restartingAt.contains(count) { reports = reports.restarted() }
            if run.step == 81 || reports.stops[run.trial] != nil {
                if reports.stops[run.trial] == nil { reports.book.end(trial: run.trial, as: .completed) }
                running.remove(at: index)
            }
        }
    }

    @Test(arguments: RuleCase.all)
    func `a restart at any time gives the same decisions`(_ testCase: RuleCase) throws {
        var whole = Reports(try testCase.make())
        simulate(&whole, trials: 40, goal: .minimize)
        var restarted = Reports(try testCase.make())
        simulate(&restarted, trials: 40, restartingAt: [1, 7, 50, 51, 200, 333, 500], goal: .minimize)
        #expect(whole.stops.mapValues(\.step) == restarted.stops.mapValues(\.step))
        #expect(!whole.stops.isEmpty)
        if testCase.name != "patient" { #expect(whole.stops.count < 40) }
        for stop in whole.stops.values {
            #expect(stop.note.rule == testCase.name && stop.note.value != nil && stop.note.neighbours.count <= 10)
        }
    }

    @Test(arguments: RuleCase.all.filter { $0.name != "threshold" })
    func `maximizing is minimizing the negative`(_ testCase: RuleCase) throws {
        var low = Reports(try testCase.make())
        simulate(&low, trials: 40, goal: .minimize)
        var high = Reports(try testCase.make(goal: .maximize), goal: .maximize)
        simulate(&high, trials: 40, goal: .maximize)
        #expect(low.stops.mapValues(\.step) == high.stops.mapValues(\.step))
        #expect(low.stops.mapValues { $0.note.value } == high.stops.mapValues { $0.note.value.map { -$0 } })
    }

    @Test(arguments: RuleCase.all)
    func `the best so far is spared where the rule promises it`(_ testCase: RuleCase) throws {
        let type = try #require(BuiltIns.stoppingRule(named: testCase.name))
        guard type.sparesBest else { return }
        var random = Draws(seed: 9)
        var reports = Reports(try testCase.make())
        var best = Double.infinity
        for step in 1...81 {
            for trial in 0..<30 where reports.stops[trial] == nil {
                let value = random.unit() + 1 / Double(step)
                best = min(best, value)
                reports.report(trial, Double(step), value)
                #expect(reports.stops[trial]?.note.value != best)
            }
        }
    }

    @Test(arguments: RuleCase.all)
    func `one trial alone is judged by nobody else`(_ testCase: RuleCase) throws {
        var reports = Reports(try testCase.make())
        reports.run(0, (1...81).map { 0.8 / Double($0) })
        #expect(reports.stops.isEmpty)
    }

    @Test(arguments: RuleCase.all.filter { $0.name != "patient" })
    func `equal curves are all good`(_ testCase: RuleCase) throws {
        var reports = Reports(try testCase.make())
        for trial in 0..<20 { reports.run(trial, [Double](repeating: 0.5, count: 81)) }
        #expect(reports.stops.isEmpty)
    }

    @Test(arguments: RuleCase.all)
    func `any scale is survived`(_ testCase: RuleCase) throws {
        for scale in [1e-300, 1e300] {
            var reports = Reports(try testCase.make())
            for trial in 0..<12 {
                reports.run(trial, (1...81).map { scale * (Double(trial) - 6 + 1 / Double($0)) })
            }
            #expect(reports.stops.values.allSatisfy { $0.note.value?.isFinite != false })
        }
        var reports = Reports(try testCase.make())
        for trial in 0..<6 {
            for step in [-1e308, -1, 0, 1e-300, 1, 40, 1e308] { reports.report(trial, step, Double(trial)) }
        }
        #expect(reports.stops.values.allSatisfy { $0.note.value?.isFinite != false })
    }

    @Test(arguments: RuleCase.all)
    func `a hundred thousand reports take moments`(_ testCase: RuleCase) throws {
        var reports = Reports(try testCase.make())
        let start = ContinuousClock.now
        for step in 1...1000 {
            for trial in 0..<100 where reports.stops[trial] == nil {
                reports.report(trial, Double(step), Double(trial) / 200 + 1 / Double(step))
            }
        }
        #expect(reports.book.curves.values.allSatisfy { $0.points.count < 400 })
        // Generous: a debug build on a busy machine.
        #expect(ContinuousClock.now - start < .seconds(60))
    }
}
