import SweepModel
import SweepRecord
import Testing

/// The lines of Keras, Hugging Face and Katib, and what a script prints of its own parameters.
@Suite struct LineSourceTests {
    private func reports(_ text: String, parameters: Parameters = [], objective: String? = nil) -> [Report] {
        var collector = MetricCollector(parameters: parameters, objective: objective)
        let time = Timestamp(milliseconds: 5)
        return collector.take(Array(text.utf8), from: .output, time: time) + collector.finish(time: time)
    }

    @Test func `Keras lines count once an epoch, with the epoch as step`() {
        let bar = "\u{1B}[1m3/3\u{1B}[0m \u{1B}[32m━━━━\u{1B}[0m\u{1B}[37m\u{1B}[0m \u{1B}[1m1s\u{1B}[0m 95ms/step"
        let found = reports(
            """
            Epoch 1/2
            \u{1B}[1m1/3\u{1B}[0m ━━━━ 4s 2s/step - loss: 0.9\u{8}\u{8}\r\(bar) - loss: 0.5 - val_loss: 0.25
            Epoch 2/2
            3/3 - 0s - 77ms/step - loss: 0.4 - mae: 1e-3 - val_loss: nan
            3/3 - 0s - 9ms/step - loss: 7.0
            Epoch 1: something else
            """)
        #expect(found.map(\.step) == [1, 2])
        #expect(found[0].metrics == ["loss": 0.5, "val_loss": 0.25])
        #expect(found[1].metrics["mae"] == 0.001)
        #expect(found[1].metrics["val_loss"]?.isNaN == true)
        #expect(found.allSatisfy { $0.source == "stdout keras" })
        let old = "32/32 [==============================] - 1s 3ms/step - loss: 0.5 - acc: 0.75"
        #expect(reports(old).map(\.metrics) == [["loss": 0.5, "acc": 0.75]])
        #expect(reports("1/3 - loss: 0.5").isEmpty)
        #expect(reports("2024/2024 - it was: 3 o'clock").isEmpty)
    }

    @Test func `an epoch of a bar that never ends its line is read at its end, however long it is`() {
        var text = "Epoch 1/1\n"
        for batch in 1...5000 { text += "\(batch)/5000 - 0s - 77ms/step - loss: \(batch).0\r" }
        let found = reports(text + "\n")
        #expect(text.utf8.count > 3 * LineSplitter.maximumLength)
        #expect(found.map(\.metrics) == [["loss": 5000]])
    }

    @Test func `a printed dictionary has the epoch as step only while it is whole`() {
        let found = reports(
            """
            {'eval_loss': 0.5, 'epoch': 1.0}
             50%|█████     | 5/10\r{'loss': 0.25, 'grad_norm': nan, 'epoch': 1.5}
            {'loss': '0.125', 'learning_rate': '5e-05', 'epoch': '2.0'}
            {'a': {'b': 1, 'c': [1, {'d': 2}]}, 't': (1, 2), 's': "it's", 'n': None, 'f': True, 'step': 3}
            {'not': a dictionary
            {'x': 1} and more
            """)
        #expect(found.map(\.step) == [1, nil, nil, 3])
        #expect(found[0].metrics == ["eval_loss": 0.5])
        #expect(found[1].metrics["loss"] == 0.25)
        #expect(found[1].metrics["epoch"] == 1.5)
        #expect(found[2].metrics == ["loss": 0.125, "learning_rate": 5e-5, "epoch": 2])
        #expect(found[3].metrics == ["a.b": 1])
    }

    @Test func `Katib's braces`() {
        #expect(reports("{metricName: a-b, metricValue: -0.5}").map(\.metrics) == [["a-b": -0.5]])
        #expect(reports("{metricName: a, metricValue: x}; {metricName: , metricValue: 1}; {metricName: b").isEmpty)
    }

    @Test func `the script's own parameters are no metrics`() {
        let parameters: Parameters = [
            .init("lr", 0.1), .init("opt", .object([.init("beta", 0.9)])), .init("name", "x"), .init("epochs", 3),
        ]
        func metrics(_ line: String, objective: String? = nil) -> [[String: Double]] {
            reports(line, parameters: parameters, objective: objective).map(\.metrics)
        }
        #expect(metrics(#"{"lr": 0.1, "opt": {"beta": 0.9}, "name": "x", "epochs": 3}"#).isEmpty)
        #expect(metrics("{'lr': 0.1, 'opt': {'beta': 0.9}}").isEmpty)
        #expect(metrics("lr=0.1 epochs=3").isEmpty)
        // With other values, with a step, or the objective itself: metrics.
        #expect(metrics("lr=0.1 loss=0.5") == [["loss": 0.5]])
        #expect(metrics("lr=0.05") == [["lr": 0.05]])
        #expect(metrics(#"{"step": 1, "lr": 0.1}"#) == [["lr": 0.1]])
        #expect(metrics("lr=0.1", objective: "lr") == [["lr": 0.1]])
    }
}
