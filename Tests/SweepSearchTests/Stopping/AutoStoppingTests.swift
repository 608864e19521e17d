import SweepModel
import SweepSearch
import Testing

@Suite struct AutoStoppingTests {
    /// Curves that fall to an end of their own, four at a time, until `epochs` are spent.
    ///
    /// - Returns: how many trials were begun, and how many were let run to the end.
    func run(_ rule: any StoppingRule, epochs: Int, full: Int) -> (begun: Int, completed: Int) {
        var reports = Reports(rule)
        var random = Draws(seed: 2)
        var running: [(trial: Int, step: Int, end: Double, drop: Double)] = []
        var begun = 0
        var completed = 0
        for spent in 0..<epochs {
            while running.count < 4 {
                running.append((begun, 0, random.unit(), random.unit()))
                begun += 1
            }
            let index = spent % 4
            running[index].step += 1
            let run = running[index]
            reports.report(run.trial, Double(run.step), run.end + run.drop / Double(run.step))
            if reports.stops[run.trial] != nil || run.step == full {
                if reports.stops[run.trial] == nil { completed += 1 }
                running.remove(at: index)
            }
        }
        return (begun, completed)
    }

    @Test func `most trials of a sweep without a cap are stopped early`() throws {
        let (begun, completed) = run(try rule("auto", fidelity: Fidelity(max: 52)), epochs: 1040, full: 52)
        // Twenty whole trainings' worth.
        #expect(begun > 60)
        #expect(completed >= 1)
    }

    /// Under a cap there is nothing to gain from ending after few epochs with all trials begun.
    @Test(arguments: [40, 80, 160])
    func `under a cap a quarter of whole trainings is spent before the trials run out`(cap: Int) throws {
        let (begun, _) = run(
            try rule("auto", fidelity: Fidelity(max: 52), budget: cap), epochs: cap * 52 / 4, full: 52)
        #expect(begun <= cap)
        #expect(begun > cap / 2)
    }

    @Test func `without a known length nothing is stopped until a trial has told it`() throws {
        var reports = Reports(try rule("auto"))
        for trial in 0..<6 {
            for step in 1...30 { reports.report(trial, Double(step), Double(trial) + 1 / Double(step)) }
        }
        #expect(reports.stops.isEmpty)
        reports.book.end(trial: 0, as: .completed)
        for trial in 6..<12 {
            for step in 1...30 { reports.report(trial, Double(step), Double(trial) + 1 / Double(step)) }
        }
        #expect(reports.stops.count == 6)
    }
}
