import SweepCommands
import SweepModel
import SweepWire
import Testing

@Suite struct TableTests {
    private let plain = Style(colours: false, unicode: true)

    private func render(_ rows: [TrialRow], width: Int? = nil, style: Style? = nil) -> Table.Rendered {
        let table = TrialTable(
            sweep: Fixtures.sweep(), standings: Leaderboard(rows, goal: .minimize).standings, now: Fixtures.now)
        return table.table(table.leaderboardColumns, style: style ?? plain).render(width: width, style: style ?? plain)
    }

    @Test func `the leaderboard shows the parameters that differ, and why a trial failed`() {
        #expect(
            render(Fixtures.trials).text == """
                #  trial       val_loss  step        lr  layers  state      time  why
                1  k3f9x2mp-2    0.2284    30  0.000846       2  completed  4m05
                2  k3f9x2mp-1       0.5    30      0.01       1  completed  4m05
                   k3f9x2mp-4      0.61    30       0.1       4  running    8m20
                   k3f9x2mp-3                        10       3  failed     4m05  exit code 1: ValueError: bad lr

                """)
    }

    @Test func `a parameter that is searched is shown even where all rows agree`() {
        var table = TrialTable(
            sweep: Fixtures.sweep(), standings: Leaderboard(Fixtures.trials, goal: nil).standings, now: Fixtures.now)
        #expect(!table.leaderboardColumns.contains(.parameter("optimizer")))
        table.searched = ["optimizer"]
        #expect(table.leaderboardColumns.contains(.parameter("optimizer")))
    }

    @Test(arguments: [40, 60, 80])
    func `on a terminal no line is wider than it`(width: Int) {
        let rendered = render(Fixtures.trials, width: width)
        for line in rendered.text.split(separator: "\n") { #expect(DisplayText.width(String(line)) <= width) }
        // Where it is very narrow, the reasons give way as a whole.
        #expect(rendered.text.contains("…") || rendered.dropped.contains("why"))
    }

    @Test func `columns without room are named`() {
        #expect(!render(Fixtures.trials, width: 60).dropped.isEmpty)
        #expect(render(Fixtures.trials, width: 200).dropped.isEmpty)
    }

    @Test func `wide characters stay in their columns`() {
        let table = Table(
            columns: [.init("a"), .init("b", right: true)], rows: [[Cell("学習率"), Cell("1")], [Cell("x"), Cell("22")]])
        #expect(table.render(width: nil, style: plain).text == "a        b\n学習率   1\nx       22\n")
    }

    @Test func `colours do not change the widths`() {
        let coloured = render(Fixtures.trials, style: Style(colours: true, unicode: true)).text
        #expect(coloured.contains("\u{1b}[32mcompleted\u{1b}[0m"))
        var stripped = ""
        var rest = coloured[...]
        while let escape = rest.firstIndex(of: "\u{1b}") {
            stripped += rest[..<escape]
            rest = rest[(rest[escape...].firstIndex(of: "m") ?? escape)...].dropFirst()
        }
        #expect(stripped + rest == render(Fixtures.trials).text)
    }

    @Test func `a metric's name cannot reach the terminal as a control sequence`() {
        var row = Fixtures.trial(1, .completed, objective: 1)
        row.reason = "\u{1b}]0;owned\u{07}\nsecond"
        row.params.append(.init("p\u{1b}[2J", "v\u{1b}[2J"))
        let text = render([row]).text
        #expect(!text.contains("\u{1b}"))
        #expect(text.contains("\\x1b[2J"))
        #expect(text.split(separator: "\n").count == 2)
    }

    @Test func `no line ends with spaces`() {
        for line in render(Fixtures.trials).text.split(separator: "\n") { #expect(line.last != " ") }
    }

    @Test func `trials of one point are one place, with mean and standard error`() throws {
        let rows = [
            Fixtures.trial(1, .completed, objective: 1, point: 1),
            Fixtures.trial(2, .completed, objective: 3, point: 1),
            Fixtures.trial(3, .completed, objective: 1.5, point: 2),
            Fixtures.trial(4, .running, objective: 0.1, point: 2),
        ]
        let board = Leaderboard(rows, goal: .minimize)
        #expect(board.isGrouped)
        #expect(board.standings.map(\.first.point) == [2, 1])
        // Values 1 and 3: s = √2, so that the standard error is √2/√2 = 1.
        let second = try #require(board.standings.last)
        #expect(second.mean == 2)
        #expect(abs(try #require(second.standardError) - 1) < 1e-12)
        // What still runs is not part of the mean.
        #expect(board.standings.first?.mean == 1.5)
        #expect(board.standings.first?.standardError == nil)
        let table = TrialTable(sweep: Fixtures.sweep(), standings: board.standings, now: Fixtures.now)
        let text = table.table(table.leaderboardColumns, style: plain).render(width: nil, style: plain).text
        #expect(text.contains("k3f9x2mp-1,2"))
        #expect(text.contains("2 ±1"))
        #expect(text.contains("running 1/2"))
    }

    @Test func `maximizing, the larger mean comes first, and nothing comes last`() {
        let rows = [
            Fixtures.trial(1, .failed, point: 1), Fixtures.trial(2, .completed, objective: 1, point: 2),
            Fixtures.trial(3, .completed, objective: 5, point: 3),
            Fixtures.trial(4, .completed, objective: 7, point: 3),
            Fixtures.trial(5, .completed, objective: .nan, point: 4),
        ]
        let board = Leaderboard(rows, goal: .maximize)
        #expect(board.standings.prefix(2).map(\.first.point) == [3, 2])
    }

    @Test func `columns and order are chosen by name`() throws {
        var table = TrialTable(
            sweep: Fixtures.sweep(), standings: Leaderboard(Fixtures.trials, goal: nil).standings, now: Fixtures.now)
        #expect(try table.columns("trial, lr,val_loss") == [.trial, .parameter("lr"), .objective])
        #expect(try table.columns("params") == [.parameter("lr"), .parameter("optimizer"), .parameter("layers")])
        table.standings = try TrialOrder("lr:desc", in: table).sort(table.standings, now: table.now)
        #expect(table.standings.map(\.first.number) == [3, 4, 1, 2])
        table.standings = try TrialOrder("val_loss", in: table).sort(table.standings, now: table.now)
        #expect(table.standings.map(\.first.number) == [2, 1, 4, 3])
        let error = #expect(throws: SweepError.self) { try table.columns("trial,optimiser") }
        #expect(error?.remedy == "did you mean 'optimizer'?")
    }

    @Test func `ten thousand trials are rendered without delay`() {
        let rows = (1...10_000).map { Fixtures.trial($0, .completed, objective: Double($0) / 7) }
        let clock = ContinuousClock()
        let time = clock.measure { #expect(render(rows).text.utf8.count > 500_000) }
        // A debug build on a busy machine; the release build takes a twentieth of it.
        #expect(time < .seconds(20), "\(time)")
    }

    @Test func `the status line says how it stands`() {
        let line = StatusLine.sweep(Fixtures.sweep(), now: Fixtures.now).rendered(nil, plain)
        #expect(
            line
                == "digits k3f9x2mp  running  3/10 done, 1 running, 1 failed (exit code 1: ValueError: bad lr)  "
                + "elapsed 10m00  ETA 23m20")
        let short = StatusLine.sweep(Fixtures.sweep(), now: Fixtures.now).rendered(40, plain)
        #expect(DisplayText.width(short) == 40)
    }

    @Test func `reasons are whole in a pipe and short on a terminal`() {
        var row = Fixtures.sweep()
        let reason = "exit code 1: ModuleNotFoundError: No module named 'torch_geometric_temporal'"
        row.failures = [reason: 4, "timeout": 2]
        let piped = StatusLine.sweep(row, now: Fixtures.now).rendered(nil, plain)
        #expect(piped.contains("(\(reason) ×4, timeout ×2)"))
        let terminal = StatusLine.sweep(row, now: Fixtures.now, isBrief: true).rendered(200, plain)
        #expect(terminal.contains("(exit code 1: ModuleNotFoundError: No module n... ×4, timeout ×2)"))
        #expect(StatusLine.reasonLines(row) == ["4 trials failed: \(reason)", "2 trials failed: timeout"])
    }

    @Test func `while every slot is paused there is no ETA but the reason`() {
        func agent(_ name: String, _ paused: [String?], sweep: SweepID? = nil) -> AgentRow {
            AgentRow(
                id: AgentID(name), name: name, host: "h", state: .connected, sweep: sweep,
                slots: paused.enumerated().map { .init(label: "cpu \($0.offset)", paused: $0.element) },
                lastSeen: Fixtures.now)
        }
        func line(_ agents: [AgentRow], only: String? = nil) -> String {
            let slots = SlotPauses(agents, sweep: Fixtures.sweepID, agent: only)
            return StatusLine.sweep(Fixtures.sweep(), now: Fixtures.now, slots: slots).rendered(nil, plain)
        }
        let all = [agent("a", ["3 in a row", "3 in a row"]), agent("b", [nil], sweep: SweepID("another1"))]
        #expect(line(all).hasSuffix("elapsed 10m00  all 2 slots are paused: 3 in a row"))
        #expect(line([agent("a", ["x"])]).hasSuffix("the only slot is paused: x"))
        let some = [agent("a", [nil, "x"])]
        #expect(line(some).hasSuffix("1 of 2 slots paused  ETA 23m20"))
        #expect(line(all + [agent("c", [nil])], only: "a").contains("all 2 slots are paused"))
        #expect(line([]).hasSuffix("ETA 23m20"))
        let brief = StatusLine.sweep(
            Fixtures.sweep(), now: Fixtures.now, slots: SlotPauses(all, sweep: Fixtures.sweepID), isBrief: true)
        #expect(brief.rendered(nil, plain).hasSuffix("elapsed 10m00"))
    }

    @Test func `what a slot was given but does not run yet is told apart`() {
        var row = Fixtures.sweep()
        row.counts = ["running": 2, "assigned": 1]
        #expect(StatusLine.counts(row).contains("2 running, 1 about to run"))
    }

    @Test func `a query shows times with all their digits, and other numbers short`() {
        #expect(ValueText.asked(.double(1_796_000_123.25)) == "1796000123.25")
        #expect(ValueText.asked(.double(2e6)) == "2000000")
        #expect(ValueText.asked(.double(0.123456)) == "0.1235")
        #expect(ValueText.asked(.double(-1e300)) == ValueText.number(-1e300))
        #expect(ValueText.asked(.double(.nan)) == "nan")
        #expect(ValueText.asked(.null) == "")
    }

    @Test func `a block is drawn again where it stood`() {
        var block = LiveBlock()
        #expect(block.redraw(["a", "b"]) == "\ra\u{1b}[K\nb\u{1b}[K\n\u{1b}[J")
        #expect(block.redraw(["c"]) == "\u{1b}[2A\rc\u{1b}[K\n\u{1b}[J")
        #expect(block.redraw([]) == "\u{1b}[1A\r\u{1b}[J")
    }
}

@Suite struct StyleTests {
    private let terminal = Terminal()

    @Test func `colours need a terminal that is not dumb`() {
        #expect(Style(.auto, terminal: terminal, environment: [:]).colours)
        #expect(!Style(.auto, terminal: nil, environment: [:]).colours)
        #expect(!Style(.auto, terminal: Terminal(isDumb: true), environment: [:]).colours)
    }

    @Test func `NO_COLOR counts when it is not empty, and beats CLICOLOR_FORCE`() {
        #expect(!Style(.auto, terminal: terminal, environment: ["NO_COLOR": "1"]).colours)
        #expect(Style(.auto, terminal: terminal, environment: ["NO_COLOR": ""]).colours)
        #expect(Style(.auto, terminal: nil, environment: ["CLICOLOR_FORCE": "1"]).colours)
        #expect(!Style(.auto, terminal: nil, environment: ["CLICOLOR_FORCE": "0"]).colours)
        #expect(!Style(.auto, terminal: nil, environment: ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"]).colours)
    }

    @Test func `--color beats the environment`() {
        #expect(Style(.always, terminal: nil, environment: ["NO_COLOR": "1"]).colours)
        #expect(!Style(.never, terminal: terminal, environment: ["CLICOLOR_FORCE": "1"]).colours)
    }

    @Test func `without a UTF-8 locale only ASCII is used`() {
        let style = Style(.never, terminal: Terminal(unicode: false), environment: [:])
        #expect(style.ellipsis == "...")
    }
}
