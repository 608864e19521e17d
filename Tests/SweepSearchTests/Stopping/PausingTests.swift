import SweepModel
import SweepSearch
import Testing

/// Rules whose stops are pauses, where a script can go on from its checkpoints.
@Suite struct PausingTests {
    /// Trials that report, pause and go on as in the engine; decisions are remembered in words.
    private struct Table {
        var reports: Reports

        init(_ name: String, _ settings: [String: ParameterValue] = [:], max: Double, budget: Int? = nil) throws {
            reports = Reports(
                try rule(name, settings, fidelity: Fidelity(max: max, resumes: true), budget: budget))
        }

        /// The next promotion, made.
        mutating func promote(isLast: Bool = false, where isEligible: (Int) -> Bool = { _ in true }) -> Promotion? {
            let promotion = reports.rule.promotion(in: reports.book, isLast: isLast, where: isEligible)
            guard let promotion else { return nil }
            reports.stops[promotion.trial] = nil
            reports.book.rewind(trial: promotion.trial, to: .infinity)
            return promotion
        }
    }

    /// Algorithm 2 of the paper (eta 3, rungs at 1, 3, 9), one worker, worked out by hand.
    @Test func `asha promotes as a table made by hand says`() throws {
        var table = try Table("asha", ["eta": 3], max: 27)
        // Rung 1: who comes first pauses as well, and of three the best goes on.
        table.reports.report(1, 1, 5)
        #expect(table.reports.stops[1]?.note.isPause == true)
        #expect(table.promote() == nil)
        table.reports.report(2, 1, 6)
        #expect(table.promote() == nil)
        table.reports.report(3, 1, 7)
        #expect(table.reports.stops.keys.sorted() == [1, 2, 3])
        let next = table.promote()
        let first = try #require(next)
        #expect(first.trial == 1 && first.step == 1 && first.value == 5)
        #expect(first.sentence == "goes on from step 1: now among the best 1 of 3 trials at this rung")
        // It pauses at rung 3, alone there; still one of three counts at rung 1, so nobody else goes on.
        table.reports.report(1, 2, 4)
        table.reports.report(1, 3, 4)
        #expect(table.reports.stops[1]?.note.rung == 3)
        #expect(table.promote() == nil)
        // The fourth is the best of four and the fifth is not; of six two go on, and trial 1 is one of them already.
        table.reports.report(4, 1, 1)
        #expect(table.reports.stops[4] == nil)
        table.reports.report(5, 1, 8)
        table.reports.report(6, 1, 9)
        #expect(table.promote() == nil)
        table.reports.report(4, 3, 1)
        #expect(table.promote() == nil)
        // Of nine three go on: trial 2 now. At rung 3 there are three then, and the best of them goes on first.
        for trial in 7...9 { table.reports.report(trial, 1, 10) }
        #expect(table.promote()?.trial == 2)
        table.reports.report(2, 3, 3)
        #expect(table.promote()?.trial == 4)
        #expect(table.promote() == nil)
    }

    @Test func `asha trains the best of all to its end when nothing new is to come`() throws {
        var table = try Table("asha", max: 27, budget: 2)
        table.reports.report(1, 1, 5)
        table.reports.report(2, 1, 6)
        #expect(table.promote() == nil)
        let next = table.promote(isLast: true)
        let promotion = try #require(next)
        #expect(promotion.trial == 1 && promotion.remark == "the best of all, and nothing new is to be tried")
        // And does not pause it again on its way.
        for step in 2...26 { table.reports.report(1, Double(step), 5) }
        #expect(table.reports.stops[1] == nil)
        table.reports.book.end(trial: 1, as: .completed)
        #expect(table.promote(isLast: true) == nil)
    }

    @Test func `only trials that can go on where the slot is are promoted`() throws {
        var table = try Table("asha", max: 27)
        for trial in 1...6 { table.reports.report(trial, 1, Double(trial)) }
        #expect(table.promote { $0 != 1 }?.trial == 2)
        #expect(table.promote { $0 != 1 } == nil)
        #expect(table.promote()?.trial == 1)
    }

    @Test(arguments: ["asha", "auto"])
    func `what is not paused is never promoted, and every paused trial at most once as things stand`(name: String)
        throws
    {
        var table = try Table(name, max: 27)
        for trial in 1...30 {
            let floor = Double(trial * 7 % 30)
            table.reports.run(trial, (1...27).map { floor + 30 / Double($0) })
        }
        let paused = Set(table.reports.stops.keys)
        #expect(!paused.isEmpty && paused.count < 30)
        var promoted: Set<Int> = []
        while let promotion = table.promote(isLast: true) {
            #expect(paused.contains(promotion.trial))
            #expect(promoted.insert(promotion.trial).inserted)
        }
        #expect(promoted.count < paused.count)
    }

    @Test func `without resume nothing pauses`() throws {
        for name in ["asha", "auto"] {
            var reports = Reports(try rule(name, fidelity: Fidelity(max: 27)))
            for trial in 1...9 { reports.run(trial, (1...27).map { Double(trial) + 10 / Double($0) }) }
            #expect(!reports.stops.isEmpty && reports.stops.values.allSatisfy { $0.note.isPause == nil })
            #expect(reports.rule.promotion(in: reports.book, isLast: true, where: { _ in true }) == nil)
        }
    }
}
