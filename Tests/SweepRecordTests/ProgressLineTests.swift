import SweepModel
import SweepRecord
import Testing

/// Lines of training scripts as people write them, by the source of `name=value`.
@Suite struct ProgressLineTests {
    private func reports(_ text: String) -> [Report] {
        var collector = MetricCollector()
        return collector.take(Array((text + "\n").utf8), from: .output, time: Timestamp(milliseconds: 5))
    }

    static let lines: [(String, Int?, [String: Double])] = [
        ("Epoch [3/10], Loss: 0.1234", 3, ["Loss": 0.1234]),
        ("Epoch [1/5], Step [100/600], Loss: 0.2345", 1, ["Loss": 0.2345]),
        ("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.300039", 1, ["Loss": 2.300039]),
        (
            "Test set: Average loss: 0.0507, Accuracy: 9835/10000 (98%)", nil,
            ["Average_loss": 0.0507, "Accuracy": 0.9835]
        ),
        ("step 250: train loss 2.1391, val loss 2.2", 250, ["train_loss": 2.1391, "val_loss": 2.2]),
        ("iter 10: loss 3.1036, time 12.50ms, mfu 17.31%", 10, ["loss": 3.1036]),
        (
            "| epoch   1 |   200/ 2983 batches | lr 20.00 | ms/batch 16.48 | loss  7.64 | ppl  2080.03", 1,
            ["loss": 7.64, "ppl": 2080.03]
        ),
        ("Epoch: 003, Train: 0.9500, Val: 0.78, Test Acc: 0.8", 3, ["Train": 0.95, "Val": 0.78, "Test_Acc": 0.8]),
        ("[Epoch 3/10] train_loss: 0.1 val_acc: 92.1%", 3, ["train_loss": 0.1, "val_acc": 92.1]),
        ("2024-05-01 12:30:01 INFO:root:Epoch 5 - val_loss: 1e-3", 5, ["val_loss": 0.001]),
        ("epoch 3: loss=0.25 acc=0.9", 3, ["loss": 0.25, "acc": 0.9]),
        ("Epoch 2 Step 1200 loss: nan", 1200, ["epoch": 2, "loss": .nan]),
        ("epoch:7 loss:-0.5;reward:inf", 7, ["loss": -0.5, "reward": .infinity]),
        ("Episode 12 total reward: 195.0", 12, ["total_reward": 195]),
        ("Best val Acc: 0.951", nil, ["Best_val_Acc": 0.951]),
        ("Val. Loss: 0.3 | Val. PPL: 1.5", nil, ["Val_Loss": 0.3, "Val_PPL": 1.5]),
        ("epoch 1 top 5: 0.99, lr: 0.1", 1, ["top_5": 0.99, "lr": 0.1]),
        ("[100] train/loss: 0.5", nil, ["train/loss": 0.5]),
        ("epoch 0 val_loss 0.9 acc 0.5", 0, ["val_loss": 0.9, "acc": 0.5]),
        ("[10]\ttrain-logloss:0.48\teval-logloss:0.5", 10, ["train-logloss": 0.48, "eval-logloss": 0.5]),
        (
            "[1]\ttraining's binary_logloss: 0.67\tvalid_1's binary_logloss: 0.62", 1,
            ["training_binary_logloss": 0.67, "valid_1_binary_logloss": 0.62]
        ),
        ("Epoch 2: 100%|###| 16/16 [00:00<00:00, 384.3it/s, v_num=0, val_loss=0.42]", 2, ["val_loss": 0.42]),
        ("Epoch 2/2 ---- 16/16 0:00:00 250.00it/s v_num: 0.000 val_loss: 0.462", 2, ["val_loss": 0.462]),
    ]

    @Test(arguments: lines) func `reads what is said in words`(line: String, step: Int?, metrics: [String: Double])
        throws
    {
        let report = try #require(reports(line).first)
        #expect(report.step == step)
        #expect(report.metrics.mapValues { "\($0)" } == metrics.mapValues { "\($0)" })
    }

    static let others: [String] = [
        "lr: 0.01", "batch_size: 32", "  \"loss\": 0.5,", "Epoch 3/10", "Time: 12:30:01", "GPU 0: 81920 MiB",
        "loss: 1,234.5",
        "loss: mse", "loss 0.5", "port: 7733, pid: 12", "Saved model at step 500 to /tmp/x", "http://host:80/epoch:3",
        "epoch 3: done in 12s", "train.py: error: 2", "Epoch 1.5: accuracy", "3/10 - loss: 0.5", "C:\\loss:3", "loss::",
        "[x]\tloss2", "step's", "epoch's loss",
        "Accuracy: 10001/10000", "acc: 5/0", ":", "epoch", "epoch -1 eta: 3s", "score_threshold: 0.5",
    ]

    @Test(arguments: others) func `leaves what only sounds like it`(line: String) {
        #expect(reports(line).isEmpty)
    }

    @Test func `an epoch on a line of its own is that of the lines after it`() {
        let text = """
            Epoch 0/9
            ----------
            train Loss: 0.65 Acc: 0.70
            val Loss: 0.40 Acc: 0.81

            Epoch 1/9
            ----------
            train Loss: 0.5 Acc: 0.8
            """
        let all = reports(text)
        #expect(all.map(\.step) == [0, 0, 1])
        #expect(
            all.map(\.metrics) == [
                ["train_Loss": 0.65, "Acc": 0.7], ["val_Loss": 0.4, "Acc": 0.81], ["train_Loss": 0.5, "Acc": 0.8],
            ])
    }

    @Test func `words count only for what no other source gives`() {
        var collector = MetricCollector()
        let time = Timestamp(milliseconds: 5)
        let printed = Array("Epoch 1: val_loss: 0.5, val_acc: 0.9\n".utf8)
        #expect(
            collector.take(printed, from: .output, time: time).map(\.metrics) == [["val_loss": 0.5, "val_acc": 0.9]])
        let logged = MetricReading(step: 100, metrics: [("loss", 0.5)])
        #expect(collector.take(logged, of: "wandb", time: time) != nil)
        let late = Timestamp(milliseconds: 5 + Int64(MetricCollector.patience))
        let more = Array("Epoch 2: loss: 0.5, val_acc: 0.8\n".utf8)
        #expect(collector.take(more, from: .output, time: late).map(\.metrics) == [["val_acc": 0.8]])
        // The other form of this source is no guess.
        let plain = Array("epoch=2 loss=0.4\n".utf8)
        #expect(collector.take(plain, from: .output, time: late).map(\.metrics) == [["loss": 0.4]])
    }

    @Test(arguments: [false, true]) func `words wait for a client that writes later than it prints`(ends: Bool) {
        var collector = MetricCollector()
        let time = Timestamp(milliseconds: 5)
        collector.noteRecord(time)
        let bar = "Epoch 1: 100%|##| 16/16 [00:00<00:00, 384.32it/s, val_loss=0.46, lr=0.1]\n"
        #expect(collector.take(Array(bar.utf8), from: .output, time: time).isEmpty)
        let logged = MetricReading(step: 15, metrics: [("val_loss", 0.4617)])
        #expect(collector.take(logged, of: "wandb", time: time)?.metrics == ["val_loss": 0.4617])
        let late = Timestamp(milliseconds: 5 + Int64(MetricCollector.patience))
        let rest = ends ? collector.finish(time: time) : collector.take([10], from: .output, time: late)
        #expect(rest.map(\.metrics) == [["lr": 0.1]])
        #expect(rest.map(\.time) == [time])
        #expect(collector.finish(time: late).isEmpty)
    }

    @Test func `words that wait are bounded`() {
        var collector = MetricCollector()
        let time = Timestamp(milliseconds: 5)
        collector.noteRecord(time)
        for step in 0..<11_000 {
            _ = collector.take(Array("epoch \(step) loss: 0.5\n".utf8), from: .output, time: time)
        }
        #expect(collector.finish(time: time).count == 10_000)
    }

    @Test func `a last line without its epoch still counts`() {
        let all = reports("epoch 1: loss=0.5\nepoch 2: loss=0.4\nloss=0.3")
        #expect(all.map(\.step) == [1, 2, nil])
        #expect(all.compactMap { $0.metrics["loss"] } == [0.5, 0.4, 0.3])
    }

    @Test func `a line of nothing but numbers in words is bounded`() {
        let line = "epoch 1 " + (0..<900).map { "m\($0): 1" }.joined(separator: " ")
        #expect(reports(line).first?.metrics.count == 100)
    }
}
