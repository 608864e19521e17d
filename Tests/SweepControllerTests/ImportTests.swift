import SweepModel
import SweepWire
import Testing

@testable import SweepController

@Suite struct ImportTests {
    private let yaml = """
        {"method":"random","metric":{"name":"loss","goal":"minimize"},"command":["true"],
        "parameters":{"x":{"min":0.0,"max":1.0}}}
        """

    private func trial(_ number: Int) -> ImportedTrial {
        ImportedTrial(
            number: number, name: "run-\(number)", parameters: [.init("x", .double(Double(number) / 10))],
            state: number == 3 ? .failed : .completed, objective: number == 3 ? nil : Double(number),
            metrics: number == 3 ? [:] : ["loss": Double(number)], started: Timestamp(milliseconds: 1_000),
            ended: Timestamp(milliseconds: 2_000))
    }

    @Test func `trials that ran elsewhere are a sweep, are learnt from, and can be deleted`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let id = try #require(
                try await client.ask(.importSweep(yaml: yaml, name: "old"), CreatedSweep.self).first?.id)
            for number in 1...3 {
                try await client.ask(.importTrial(sweep: id, trial(number)))
                let report = Report(
                    step: 1, time: Timestamp(milliseconds: 1_500), metrics: ["loss": Double(number)], source: "wandb")
                try await client.ask(.importReports(TrialID(id, number), sequence: 1, [report]))
            }
            try await client.ask(.importEnd(sweep: id))
            let row = try #require(try await client.ask(.show(sweep: "old"), SweepRow.self).first)
            #expect(row.state == .finished)
            #expect(row.counts == ["completed": 2, "failed": 1])
            #expect(row.bestTrial == TrialID(id, 1))
            #expect(try await client.ask(.reports(TrialID(id, 2), attempt: nil), Report.self).first?.source == "wandb")
            let created = try #require(
                try await client.ask(
                    .create(
                        yaml:
                            "method: bayes\nmetric: {name: loss}\ncommand: [a]\nparameters: {x: {min: 0.0, max: 2.0}}",
                        file: nil, createdIn: nil, name: nil, prior: ["old"]), CreatedSweep.self
                ).first)
            #expect(created.warnings.contains { $0.contains("learns from 2 of 2") }, "\(created.warnings)")
            // It is no import any more.
            await #expect(throws: SweepError.self) {
                try await client.ask(.importTrial(sweep: id, trial(4)))
            }
            try await client.ask(.delete(sweep: "old", force: false))
            #expect(try await client.ask(.list, SweepRow.self).map(\.id) == [created.id])
        }
    }

    @Test func `what is not being imported takes no trials, and a broken file makes no sweep`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let other = try await TestSweep.create(client, TestSweep.grid(1))
            await #expect(throws: SweepError.self) {
                try await client.ask(.importTrial(sweep: other, trial(1)))
            }
            await #expect(throws: SweepError.self) {
                _ = try await client.ask(.importSweep(yaml: "method: nix", name: nil), CreatedSweep.self)
            }
            #expect(try await client.ask(.list, SweepRow.self).count == 1)
        }
    }

    @Test func `filters, exports and queries are answered over the wire`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let id = try #require(
                try await client.ask(.importSweep(yaml: yaml, name: nil), CreatedSweep.self).first?.id)
            for number in 1...3 { try await client.ask(.importTrial(sweep: id, trial(number))) }
            try await client.ask(.importEnd(sweep: id))
            #expect(
                try await client.ask(.matching(sweep: id.text, filter: "x > 0.15"), TrialNumbers.self)
                    == [TrialNumbers(numbers: [2, 3])])
            let pieces = try await client.ask(.export(sweep: id.text, ExportRequest()), TextPiece.self)
            #expect(pieces.map(\.text).joined().split(separator: "\n").count == 4)
            let rows = try await client.ask(
                .query(sql: "SELECT count(*) FROM trials", sweep: nil, limit: nil), ParameterValue.self)
            #expect(rows.last == [3])
            await #expect(throws: SweepError.self) {
                _ = try await client.ask(.query(sql: "DELETE FROM trials", sweep: nil, limit: nil), ParameterValue.self)
            }
        }
    }
}
