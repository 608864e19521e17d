import SweepModel
import Testing

@testable import SweepStore

@Suite struct TrialFilterTests {
    private let columns: [TrialFilter.Column] = [
        .init("lr", [1e-4, 1e-2, .double(.nan), 0.5]), .init("optimizer", ["adam", "sgd", "adam", .null]),
        .init("val/loss", [0.5, 0.25, 0.125, 4]), .init("flag", [true, false, true, false]),
        .init("it\"s", [1, 2, 3, 4]), .init("LR", [9, 9, 9, 9]),
    ]

    @Test(arguments: [
        ("lr > 1e-3 and optimizer = 'sgd'", [1]), ("\"val/loss\" < 0.3", [1, 2]), ("flag", [0, 2]),
        ("lr is null", [2]), ("optimizer in ('adam') or lr = 0.5", [0, 2, 3]), ("\"it\"\"s\" between 2 and 3", [1, 2]),
        ("log10(lr) < -3", [0]), ("optimizer like 'A%'", [0, 2]), ("lr > 0.1 -- a comment", [3]), ("0", []),
        ("max(lr, \"val/loss\") > 1 /* ) */", [3]),
    ])
    func `rows for which an expression is true`(expression: String, rows: [Int]) throws {
        #expect(try TrialFilter.rows(where: expression, columns: columns) == rows)
    }

    @Test func `derived values are numbers, or nothing`() throws {
        #expect(try TrialFilter.values(of: "\"val/loss\" * 2 - flag", columns: columns) == [0, 0.5, -0.75, 8])
        #expect(try TrialFilter.values(of: "optimizer", columns: columns) == [nil, nil, nil, nil])
        #expect(try TrialFilter.values(of: "lr / 0", columns: columns) == [nil, nil, nil, nil])
    }

    @Test(arguments: [
        "lr >", "nothing = 1", "\"no such\" = 1", "lr = 1; DELETE FROM trials", "1) OR (1", "load_extension('x')",
        "(SELECT count(*) FROM sqlite_schema) > 0", "randomblob(1000000000) is not null", "lr = 1) UNION SELECT (1",
        "hex(zeroblob(100000000)) = ''", "1 FROM trials, trials a, trials b --", "printf('%.*c', 1000000000, 'x')",
        "", "count(*) > 1", "readfile('/etc/passwd') is null", "lr = 1\0", "writefile('/tmp/x', 'y')",
        "fts3_tokenizer('x') = 1", "sqlite_version() > 1",
    ])
    func `what is no expression over the columns, or could harm, is refused`(expression: String) {
        let error = #expect(throws: SweepError.self) { try TrialFilter.rows(where: expression, columns: columns) }
        #expect(error?.category == .usage)
    }

    @Test func `the error names the columns there are`() {
        let error = #expect(throws: SweepError.self) { try TrialFilter.rows(where: "nix", columns: columns) }
        #expect(error?.message.contains("no such column: nix") == true)
        #expect(error?.remedy?.contains("lr, optimizer, \"val/loss\"") == true)
    }

    @Test func `an expression that takes for ever is given up`() {
        let many = [TrialFilter.Column("a", (0..<5_000).map { .int($0) })]
        let error = #expect(throws: SweepError.self) {
            try TrialFilter.rows(
                where: "(SELECT max(x.a + y.a + z.a) FROM trials x, trials y, trials z) > 1", columns: many,
                patience: 0.1)
        }
        #expect(error?.message.contains("longer than 0.1 s") == true)
        #expect(error?.category == .usage)
    }

    @Test func `trials become columns: their own, parameters with dots, metrics, derived ones`() throws {
        let trial = TrialSnapshot(
            record: TrialRecord(
                id: TrialID(SweepID("abc"), 3), point: 2,
                parameters: [.init("opt", .object([.init("name", "sgd")])), .init("step", 7)],
                created: Timestamp(milliseconds: 1_500)),
            progress: TrialProgress(
                id: TrialID(SweepID("abc"), 3), state: .completed, attempt: 1, objective: 0.5, step: 9,
                metrics: ["loss": 0.5, "val": 0.75], started: Timestamp(milliseconds: 2_000),
                ended: Timestamp(milliseconds: 5_000)))
        let columns = try TrialColumns(
            [trial], derived: [DerivedMetric("gap", "val - loss"), DerivedMetric("twice", "gap * 2")])
        for (expression, isTrue) in [
            ("\"opt.name\" = 'sgd'", true), ("\"params.step\" = 7 and step = 9", true), ("duration = 3", true),
            ("sweep = 'abc'", true),
            ("twice = 0.5", true), ("\"metrics.loss\" = loss", true), ("state = 'failed'", false),
        ] {
            #expect(try columns.rows(where: expression).isEmpty == !isTrue, "\(expression)")
        }
        let none = try TrialColumns([trial], derived: [DerivedMetric("a", "nix + 1")])
        #expect(none.columns.last?.values == [.null])
    }
}
