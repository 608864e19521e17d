import SweepModel
import SweepSearch
import Testing

@Suite struct CurveBookTests {
    @Test func `a curve of a million reports keeps some hundred points, and the best among the dropped`() throws {
        var book = CurveBook(goal: .maximize)
        var kept = 0
        for step in 1...1_000_000 where book.take(trial: 0, step: Double(step), value: step == 500_001 ? 9 : 1) != nil {
            kept += 1
        }
        #expect((64...400).contains(kept))
        let curve = try #require(book[0])
        #expect(curve.points.count == kept && curve.reportCount == 1_000_000)
        #expect(curve.points.last?.best == 9 && curve.points.first?.best == 1)
        #expect(zip(curve.points, curve.points.dropFirst()).allSatisfy { $0.step < $1.step && $0.report < $1.report })
    }

    @Test func `marked reports are kept`() throws {
        var book = CurveBook(goal: .minimize, marks: [3, 81, 1000])
        for step in 1...1000 { _ = book.take(trial: 0, step: Double(step), value: 1) }
        let kept = try #require(book[0]).points.map(\.report)
        #expect(kept.contains(81) && kept.contains(1000) && !kept.contains(82))
    }

    @Test func `late reports, repeated steps and what is no number add nothing`() {
        var book = CurveBook(goal: .minimize)
        #expect(book.take(trial: 0, step: 2, value: 5) != nil)
        for (step, value) in [(1.0, 1.0), (2, 1), (3, .nan), (3, .infinity), (.nan, 1), (.infinity, 1)] {
            #expect(book.take(trial: 0, step: step, value: value) == nil)
        }
        #expect(book[0]?.reportCount == 1 && book[0]?.points.last?.best == 5)
    }

    @Test func `a book made from its record is the same`() throws {
        var book = CurveBook(goal: .minimize)
        var again = CurveBook(goal: .minimize)
        for step in 1...64 {
            for trial in 0..<3 {
                let taken = book.take(trial: trial, step: Double(step), value: Double(trial - step))
                let point = try #require(taken)
                again.restore(trial: trial, point)
            }
        }
        book.end(trial: 1, as: .pruned)
        again.end(trial: 1, as: .pruned)
        #expect(again.curves == book.curves)
        book.restart(trial: 1)
        #expect(book[1] == nil)
    }

    @Test func `steps that hardly grow are bounded too`() {
        var book = CurveBook(goal: .minimize)
        var step = -1e300
        for _ in 0..<20_000 {
            _ = book.take(trial: 0, step: step, value: 1)
            step = step == 0 ? 1e-300 : step < 0 ? (step > -1e-290 ? 0 : step * 0.9) : step * 1.1
        }
        #expect((book[0]?.points.count ?? 0) <= 4096)
    }
}
