import SweepModel
import SweepRecord
import Testing

@Suite struct MetricLineTests {
    private func reports(_ text: String, from stream: MetricStream = .output) -> [Report] {
        var collector = MetricCollector()
        let time = Timestamp(milliseconds: 5)
        return collector.take(Array(text.utf8), from: stream, time: time) + collector.finish(time: time)
    }

    private func metrics(_ line: String) -> [String: Double] {
        reports(line).reduce(into: [:]) { $0.merge($1.metrics) { $1 } }
    }

    static let metricLines: [(String, [String: Double])] = [
        ("epoch=3 val_loss=0.25, acc=0.9", ["val_loss": 0.25, "acc": 0.9]),
        ("[12:30:01] loss = 1e-3; lr=3E+2", ["loss": 0.001, "lr": 300]),
        ("val/acc=93% | f1-score=.5 (best=0.75)", ["val/acc": 93, "f1-score": 0.5, "best": 0.75]),
        ("a=-1 b=+2 c=3. x=inf y=-Infinity", ["a": -1, "b": 2, "c": 3, "x": .infinity, "y": -.infinity]),
        ("Epoch 1:  50%|██  | 5/10 [00:01<00:01,  4.99it/s, loss=0.5]", ["loss": 0.5]),
        ("old loss=9\rnew loss=8", ["loss": 8]),
        ("\u{1B}[1;32mloss=0.5\u{1B}[0m", ["loss": 0.5]),
        ("{\"loss\": 1, \"ok\": true, \"name\": \"x\", \"list\": [1], \"none\": null}", ["loss": 1]),
    ]

    @Test(arguments: metricLines) func `reads what is a metric`(line: String, expected: [String: Double]) {
        #expect(metrics(line) == expected)
    }

    static let otherLines: [String] = [
        "python train.py lr=0.1", "/usr/bin/env python3 t.py lr=0.1", "running --lr=0.1 loss=3", "+ lr=0.1",
        "see http://host/?lr=0.1&x=2", "Namespace(lr=0.1, momentum=0.9, epochs=3)", "torch==2.1", "a!=3", "x<=3",
        "time=3s", "version=1.2.3", "date=2024-01-02", "id=0x3f", "n=1_000", "learning_rate=5e-05,", "ip=10.0.0.1",
        "$ x=1", "export X=1", "name=", "=3", "loss", "", "{\"loss\": \"0.5\"}", "[1, 2]", "{}",
        "Linear(in_features=10, out_features=5)", "loss=\"3\"", "--lr=0.1",
    ]

    @Test(arguments: otherLines) func `leaves what only looks like one`(line: String) {
        #expect(metrics(line).isEmpty)
    }

    @Test func `NaN is a value`() {
        #expect(metrics("loss=nan")["loss"]?.isNaN == true)
        #expect(metrics("{\"loss\": NaN}")["loss"]?.isNaN == true)
    }

    @Test func `the step is taken by the first of its names`() {
        #expect(reports("{\"epoch\": 2, \"step\": 10, \"loss\": 1}").map(\.step) == [10])
        #expect(metrics("{\"epoch\": 2, \"step\": 10, \"loss\": 1}") == ["epoch": 2, "loss": 1])
        #expect(reports("iteration=4 loss=1").map(\.step) == [4])
        #expect(metrics("iteration=4 loss=1") == ["loss": 1])
        #expect(reports("epoch=0.5 loss=1").map(\.step) == [nil])
        #expect(metrics("epoch=0.5 loss=1") == ["epoch": 0.5, "loss": 1])
        #expect(reports("step=1e300 loss=1").map(\.step) == [nil])
        #expect(reports("step=5").isEmpty)
    }

    @Test func `objects are flattened with a point and clocks left out`() {
        #expect(
            metrics(#"{"val": {"loss": 1, "top": {"k": 2}}, "_timestamp": 3, "_runtime": 4}"#)
                == ["val.loss": 1, "val.top.k": 2])
    }

    @Test func `the same point from two sources counts once, by the first`() {
        var collector = MetricCollector()
        let time = Timestamp(milliseconds: 5)
        func take(_ text: String, _ stream: MetricStream) -> [[String: Double]] {
            collector.take(Array(text.utf8), from: stream, time: time).map(\.metrics)
        }
        #expect(take("step=1 loss=5\n", .output) == [["loss": 5]])
        #expect(take("{\"step\": 1, \"loss\": 5.25, \"acc\": 1}\n", .metricsFile) == [["acc": 1]])
        #expect(take("{\"step\": 2, \"loss\": 4}\n", .metricsFile) == [["loss": 4]])
        #expect(take("step=2 loss=4.1\n", .output) == [])
        #expect(take("loss=4\n", .output) == [])
        #expect(take("step=3 loss=3\nstep=3 loss=2\n", .output) == [["loss": 3], ["loss": 2]])
        #expect(
            collector.origins.map { "\($0.name): \($0.source)" } == ["acc: metrics file", "loss: stdout name=value"])
    }

    @Test func `names are bounded, and the objective's is never left out`() {
        var collector = MetricCollector(objective: "loss")
        var count = 0
        for number in 0..<(MetricCollector.maximumNames + 500) {
            count +=
                collector.take(Array("m\(number)=1\n".utf8), from: .output, time: Timestamp(milliseconds: 0)).count
        }
        #expect(count == MetricCollector.maximumNames)
        #expect(collector.droppedNames == 500)
        let last = collector.take(Array("other=1 loss=2\n".utf8), from: .output, time: Timestamp(milliseconds: 0))
        #expect(last.map(\.metrics) == [["loss": 2]])
    }

    @Test func `reading goes on from where the last whole line ended`() {
        var first = MetricCollector()
        let bytes = Array("loss=1\nloss=".utf8)
        _ = first.take(bytes, from: .output, time: Timestamp(milliseconds: 0))
        #expect(first.consumed(.output) == 7)
        var second = MetricCollector(offsets: [.output: 7])
        let reports = second.take(Array("loss=2\n".utf8), from: .output, time: Timestamp(milliseconds: 0))
        #expect(reports.map(\.metrics) == [["loss": 2]])
        #expect(second.consumed(.output) == 14)
    }
}

@Suite struct FailureLineTests {
    private func line(_ text: String) -> String? { FailureLine.find(in: Array(text.utf8)) }

    @Test func `the exception of the last traceback is the reason`() {
        #expect(
            line(
                """
                Traceback (most recent call last):
                  File "a.py", line 1, in <module>
                KeyError: 'x'

                During handling of the above exception, another exception occurred:

                Traceback (most recent call last):
                  File "a.py", line 3, in <module>
                    f()
                    ~^^
                ValueError: bad\u{1B}[0m value
                more of it
                bye

                """) == "ValueError: bad value")
    }

    @Test func `GPU memory that ran out is recognised before anything else`() {
        #expect(
            line(
                """
                Traceback (most recent call last):
                  File "a.py", line 1, in <module>
                torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB
                wandb: syncing
                """) == "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB")
    }

    @Test func `otherwise it is the last line that says something`() {
        #expect(line("one\ntwo\n\n  \r\n") == "two")
        #expect(line("") == nil)
        #expect(line("\u{7}\n\u{1}\n") == nil)
        #expect(line("\ta\u{0}b\u{202E}c\td\n") == "abc d")
        #expect(line(String(repeating: "é", count: 500))?.count == 200)
        #expect(FailureLine.find(in: [0xFF, 0xFE, 0x41, 0x0A]) == "\u{FFFD}\u{FFFD}A")
    }
}
