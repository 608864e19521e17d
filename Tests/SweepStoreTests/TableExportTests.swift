import SweepModel
import Testing

@testable import SweepStore

@Suite struct TableExportTests {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store.open(folder.file("sweep.db"))
        try store.apply(Sample.finished(3) { Double($0) / 4 })
        try store.apply([
            .attemptInserted(
                AttemptID(Sample.trial, 2), agent: AgentID("a"), agentName: "b,\"x\"", host: "h", slot: "gpu 0",
                slotIndex: 0, at: Sample.time(3_000)),
            .reportsAppended(
                AttemptID(Sample.trial, 2), sequence: 1,
                [
                    Report(step: 0, time: Sample.time(1_500), metrics: ["loss": 0.5, "acc": .nan], source: "wandb"),
                    Report(step: nil, time: Sample.time(2_500), metrics: ["loss": -.infinity], source: "wandb"),
                ]),
            .trialChanged(
                TrialProgress(
                    id: Sample.trial, state: .completed, attempt: 2, objective: 0.25, metrics: ["loss": 0.25, "val": 1])
            ),
        ])
    }

    private func text(_ request: ExportRequest, derived: [DerivedMetric] = []) throws -> String {
        var export = try TableExport(store, Sample.sweep, request, derived: derived)
        var text = ""
        while let piece = try export.next() { text += String(decoding: piece, as: UTF8.self) }
        return text
    }

    @Test func `a row a trial has its parameters with dots, its metrics, and derived ones`() throws {
        let lines = try text(ExportRequest(), derived: [DerivedMetric("gap", "val - loss")]).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasSuffix("duration,note,tags,star,lr,layers,opt.name,odd,acc,loss,val,gap"))
        #expect(lines[1].hasPrefix("abc23456,abc23456-1,1,completed,0.25,,1,0,2,,\"b,\"\"x\"\"\",gpu 0,"))
        #expect(lines[1].hasSuffix(",1e-05,2,sgd,nan,,0.25,1.0,0.75"))
        #expect(lines[3].hasSuffix(",1e-05,2,sgd,nan,0.5,3.0,,"))
    }

    @Test func `a filter and names choose rows and columns`() throws {
        let some = try text(ExportRequest(filter: "objective >= 0.5", metrics: ["loss"])).split(separator: "\n")
        #expect(some.count == 3)
        #expect(some[0].hasSuffix("odd,loss"))
        #expect(throws: SweepError.self) { try text(ExportRequest(filter: "nix > 1")) }
    }

    @Test func `a row a point comes from the newest attempt, in every format`() throws {
        #expect(
            try text(ExportRequest(rows: .points)) == """
                id,number,attempt,metric,step,time,value,source
                abc23456-1,1,2,acc,0,1.5,nan,wandb
                abc23456-1,1,2,loss,0,1.5,0.5,wandb
                abc23456-1,1,2,loss,,2.5,-inf,wandb

                """)
        #expect(
            try text(ExportRequest(rows: .points, format: .jsonl, metrics: ["acc"]))
                == #"{"id":"abc23456-1","number":1,"attempt":2,"metric":"acc","step":0,"time":1.5,"value":null,"#
                + "\"source\":\"wandb\"}\n")
        #expect(
            try text(ExportRequest(rows: .points, format: .columns, metrics: ["loss"], trial: 1))
                == #"{"id":["abc23456-1","abc23456-1"],"number":[1,1],"attempt":[2,2],"metric":["loss","loss"],"#
                + #""step":[0,null],"time":[1.5,2.5],"value":[0.5,null],"source":["wandb","wandb"]}"# + "\n")
    }

    @Test func `queries see tables that are documented, and nothing else`() throws {
        func rows(_ sql: String, limit: Int = 100) throws -> [[ParameterValue]] {
            try store.query(sql, sweep: nil, limit: limit).rows
        }
        #expect(
            try rows("SELECT state, count(*), avg(objective) FROM trials GROUP BY state") == [["completed", 3, 0.5]])
        #expect(
            try rows("SELECT step, value FROM points WHERE metric = 'loss' ORDER BY time") == [
                [0, 0.5], [.null, .double(-.infinity)],
            ])
        #expect(
            try rows("SELECT value FROM parameters WHERE name = 'opt.name' AND trial = 2; ") == [["sgd"]])
        #expect(try rows("WITH a AS (SELECT max(attempt) AS m FROM attempts) SELECT m FROM a") == [[2]])
        #expect(try rows("SELECT name FROM sweeps") == [["digits"]])
        #expect(try store.query("SELECT * FROM trials", sweep: Sample.sweep, limit: 2).isCut)
        #expect(try store.query("SELECT id AS x FROM trials", sweep: nil, limit: 2).columns == ["x"])
        for bad in [
            "DELETE FROM trials", "ATTACH '/etc/passwd' AS x", "PRAGMA database_list", "SELECT * FROM sqlite_schema",
            "SELECT 1; SELECT 2", "", "INSERT INTO trials DEFAULT VALUES", "CREATE TABLE a (b)",
            "SELECT load_extension('x')", "SELECT * FROM pragma_table_info('trials')",
        ] {
            #expect(throws: SweepError.self, "\(bad)") { try rows(bad) }
        }
    }
}
