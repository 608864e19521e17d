import SweepModel
import SweepRecord
import Testing

@Suite struct ErrorRunsTests {
    private func runs(_ text: String) -> ErrorRuns {
        var runs = ErrorRuns()
        // In pieces of every size.
        for byte in text.utf8 { runs.take([byte]) }
        return runs
    }

    @Test func `runs are told by their bounds, and go on by a number of bytes`() {
        let runs = runs("[10,20]\n+5\n[25,30]\n[40,41]\n+1\n")
        #expect(runs.runs == [10..<30, 40..<42])
        #expect(runs.stretch(at: 0) == (false, 10))
        #expect(runs.stretch(at: 10) == (true, 30))
        #expect(runs.stretch(at: 29) == (true, 30))
        #expect(runs.stretch(at: 30) == (false, 40))
        #expect(runs.stretch(at: 42) == (false, Int.max))
    }

    @Test(
        arguments: [
            "+5\n", "[5,5]\n", "[5,4]\n", "[-1,4]\n", "[1,2\n", "1,2]\n", "[1,2,3]\n", "[,]\n", "[]\n", "[a,b]\n", "\n",
            "[1,99999999999999999999]\n", "[1,2]", String(repeating: "\0", count: 500) + "\n",
        ])
    func `what is no run is passed over`(text: String) {
        #expect(runs(text).runs == [])
    }

    @Test func `runs that go back or grow without end change nothing`() {
        #expect(runs("[10,20]\n[5,30]\n[12,13]\n+9223372036854775807\n+0\n").runs == [10..<20])
    }

    @Test func `what was passed is forgotten, but not the run that may go on`() {
        var runs = runs("[10,20]\n[30,40]\n")
        runs.forget(before: 50)
        #expect(runs.runs == [30..<40])
        runs.take(Array("+2\n".utf8))
        #expect(runs.runs == [30..<42])
    }

    @Test func `a line of metrics is whole, whatever comes on standard error in the middle of it`() {
        var collector = MetricCollector()
        let time = Timestamp(milliseconds: 5)
        func take(_ text: String, _ stream: MetricStream, _ offset: Int) -> [[String: Double]] {
            collector.take(Array(text.utf8), from: stream, at: offset, time: time).map(\.metrics)
        }
        #expect(take("{\"step\": 1, \"lo", .output, 0) == [])
        #expect(take("\r 50%| 5/10 ", .errors, 15) == [])
        #expect(take("ss\": 0.5}\n", .output, 29) == [["loss": 0.5]])
        #expect(take("[00:01, acc=0.25]\n", .errors, 39) == [["acc": 0.25]])
        #expect(collector.consumed(.output) == 39)
        #expect(collector.consumed(.errors) == 57)
    }
}
