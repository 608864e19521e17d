import SweepCommands
import SweepModel
import SweepWire
import Testing

@Suite struct CommandTests {
    @Test func `without arguments help goes to standard output`() async {
        let ran = await run([])
        #expect(ran.code == 0)
        #expect(ran.output.contains("leaderboard"))
        #expect(ran.talk.isEmpty)
        let version = await run(["--version"])
        #expect(version.output == "sweep \(SweepBuild.version)\n")
    }

    @Test func `an unknown command is refused, with what was meant only when it is close`() async {
        let close = await run(["leaderbord"])
        #expect(close.code == 64)
        #expect(close.talk == "error: no command 'leaderbord'\nhelp: did you mean 'sweep leaderboard'?\n")
        #expect(close.output.isEmpty)
        let far = await run(["frobnicate"])
        #expect(far.code == 64)
        #expect(!far.talk.contains("did you mean"))
    }

    @Test(arguments: [
        ["list", "--nonsense"], ["leaderboard", "--top", "-1"], ["logs"], ["list", "--json", "--csv"],
        ["trials", "--state", "sleeping"], ["wait", "--timeout", "soon"], ["run", "x.yaml", "--slots", "0"],
        ["run", "x.yaml", "--slots", "1", "--gpu", "0"], ["completion", "tcsh"],
        ["controller", "start", "--port", "70000"],
    ])
    func `wrong use gives 64 on standard error`(arguments: [String]) async {
        let ran = await run(arguments)
        #expect(ran.code == 64)
        #expect(ran.talk.hasPrefix("error: "), "\(ran.talk)")
        #expect(ran.output.isEmpty)
    }

    @Test func `list prints a table, JSON, CSV and ids`() async throws {
        let table = try await ask(["list"]).ran
        #expect(table.output.contains("k3f9x2mp  digits  running  random  3/10     1       1  0.2284  val_loss"))
        let json = try JSONParser.parse(try await ask(["list", "--json"]).ran.output)
        #expect(json["version"] == 1)
        guard case .list(let sweeps)? = json["sweeps"] else {
            Issue.record("no sweeps")
            return
        }
        #expect(sweeps.first?["id"] == "k3f9x2mp")
        #expect(sweeps.first?["created"] == "2025-11-24T15:50:00.000Z")
        #expect(sweeps.first?["counts"]?["completed"] == 2)
        #expect(try await ask(["ls", "-o", "id"]).ran.output == "k3f9x2mp\n")
        #expect(try await ask(["list", "--csv"]).ran.output.hasPrefix("id,name,state,"))
    }

    @Test func `trials --json has the shape that is promised`() async throws {
        let json = try JSONParser.parse(try await ask(["trials", "k3f9", "--json"]).ran.output)
        #expect(json["version"] == 1)
        #expect(json["sweep"]?["id"] == "k3f9x2mp")
        guard case .list(let trials)? = json["trials"], let first = trials.first, let third = trials.dropFirst(2).first
        else {
            Issue.record("no trials")
            return
        }
        #expect(
            first.members?.map(\.key).prefix(15) == [
                "id", "number", "state", "attempt", "params", "metrics", "objective", "step", "agent", "slot", "exit",
                "reason", "started", "ended", "peak_memory",
            ])
        #expect(first["id"] == "k3f9x2mp-1")
        #expect(first["params"]?["lr"] == 0.01)
        #expect(first["metrics"]?["val_loss"] == 0.5)
        #expect(first["started"] == "2025-11-24T15:51:40.000Z")
        #expect(third["reason"] == "exit code 1: ValueError: bad lr")
        #expect(third["objective"] == .some(.null))
        #expect(third["exit"] == 1)
    }

    @Test func `NaN and infinities are null in JSON and words in CSV`() async throws {
        let row = Fixtures.trial(1, .completed, objective: .infinity, metrics: ["val_loss": .infinity, "grad": .nan])
        @Sendable func answer(_ request: ClientRequest) -> FakeController.Answer {
            if case .trials = request { .items([Fixtures.item(row)]) } else { Fixtures.answer(request) }
        }
        let json = try await ask(["trials", "--json"], answering: answer).ran.output
        #expect(json.contains("\"metrics\":{\"grad\":null,\"val_loss\":null},\"objective\":null"))
        let csv = try await ask(["trials", "--csv"], answering: answer).ran.output
        #expect(csv.contains("metrics.grad,metrics.val_loss"))
        #expect(csv.hasSuffix("nan,inf\n"))
    }

    @Test func `the leaderboard asks for twenty rows in a table and all in JSON`() async throws {
        let table = try await ask(["leaderboard", "k3f9x2mp"])
        #expect(table.requests.contains(.leaderboard(sweep: "k3f9x2mp", top: 20)))
        #expect(table.ran.output.hasPrefix("#  trial       val_loss"))
        let json = try await ask(["leaderboard", "--json"])
        #expect(json.requests.contains(.leaderboard(sweep: "k3f9x2mp", top: nil)))
        let short = try await ask(["leaderboard", "--top", "1"]).ran
        #expect(short.output.split(separator: "\n").count == 2)
        #expect(short.talk.contains("showing 1 of 4 trials"))
    }

    @Test func `repeated trials in JSON carry their points with mean and standard error`() async throws {
        let rows = [
            Fixtures.trial(1, .completed, objective: 1, point: 1),
            Fixtures.trial(2, .completed, objective: 3, point: 1),
        ]
        let text = try await ask(["leaderboard", "--json"]) { request in
            if case .leaderboard = request { .items(rows.map { Fixtures.item($0) }) } else { Fixtures.answer(request) }
        }.ran.output
        let json = try JSONParser.parse(text)
        guard case .list(let points)? = json["points"] else {
            Issue.record("no points")
            return
        }
        #expect(
            points == [
                ["point": 1, "trials": ["k3f9x2mp-1", "k3f9x2mp-2"], "mean": 2.0, "standard_error": 1.0, "count": 2]
            ])
    }

    @Test func `trials are grouped by parameters, with mean and standard error of each metric`() async throws {
        let rows = [("a", 1, 0.1), ("b", 7, 0.2), ("a", 3, 0.3)].enumerated().map { index, row in
            var trial = Fixtures.trial(index + 1, .completed, objective: Double(row.1))
            trial.params = [.init("opt", .string(row.0)), .init("lr", .double(row.2))]
            trial.metrics = ["acc": Double(row.1) * 10, "val_loss:max": Double(row.1) + 1]
            return trial
        }
        let answer: @Sendable (ClientRequest) -> FakeController.Answer = { request in
            if case .leaderboard = request { .items(rows.map { Fixtures.item($0) }) } else { Fixtures.answer(request) }
        }
        let asked = try await ask(
            [
                "leaderboard", "--group", "opt", "--columns", "trial,opt,objective,acc,val_loss:max", "--sort",
                "acc:desc",
            ],
            answering: answer)
        let lines = asked.ran.output.split(separator: "\n").dropFirst().map {
            $0.split(separator: " ").joined(separator: " ")
        }
        #expect(lines == ["k3f9x2mp-2 b 7 70 8", "k3f9x2mp-1,3 a 2 ±1 20 ±10 3 ±1"])
        #expect(
            asked.requests.contains(.leaderboard(sweep: "k3f9x2mp", top: nil, summaries: ["val_loss:max"])))
        let json = try JSONParser.parse(
            try await ask(["leaderboard", "--group", "opt", "--json"], answering: answer).ran.output)
        guard case .list(let points)? = json["points"] else {
            Issue.record("no points")
            return
        }
        #expect(points.first?["params"] == ["opt": "a"] && points.first?["standard_error"] == 1.0)
        let typo = try await ask(["leaderboard", "--group", "oct"], answering: answer).ran
        #expect(typo.code == 64 && typo.talk.contains("did you mean 'opt'?"))
    }

    @Test func `--watch --json prints a line for each change`() async throws {
        let lines = try await ask(["leaderboard", "--watch", "--json"]).ran.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(try JSONParser.parse(String(lines[0]))["sweep"]?["state"] == "running")
        #expect(try JSONParser.parse(String(lines[1]))["trial"]?["id"] == "k3f9x2mp-2")
    }

    @Test func `--watch ends when the sweep is over, and on a terminal draws in place`() async throws {
        @Sendable func over(_ request: ClientRequest) -> FakeController.Answer {
            switch request {
            case .list, .show: .items([Fixtures.item(Fixtures.sweep(state: .finished, counts: ["completed": 2]))])
            default: Fixtures.answer(request)
            }
        }
        let piped = try await ask(["leaderboard", "--watch"], answering: over).ran
        #expect(piped.code == 0)
        #expect(piped.output.hasPrefix("#  trial"))
        let drawn = try await ask(
            ["leaderboard", "--watch", "--color", "never"], terminal: Terminal(columns: 70), answering: over
        ).ran
        #expect(drawn.output.hasSuffix("\u{1b}[J"))
        for line in drawn.output.split(separator: "\n") where !line.hasPrefix("\u{1b}[J") {
            #expect(DisplayText.width(String(line)) <= 70 + 3)
        }
    }

    @Test func `show gives a sweep, or a trial with its attempts`() async throws {
        let sweep = try await ask(["show"]).ran.output
        #expect(sweep.contains("objective  minimize val_loss"))
        #expect(sweep.contains("best       0.2284 (k3f9x2mp-2)"))
        let trial = try await ask(["show", "k3f9-3"]).ran.output
        #expect(trial.contains("state  failed: exit code 1: ValueError: bad lr"))
        #expect(trial.contains("command    python train.py --lr=10 '--name=a b'"))
        let byNumber = try await ask(["show", "3", "--json"]).ran.output
        #expect(try JSONParser.parse(byNumber)["trial"]?["id"] == "k3f9x2mp-3")
    }

    @Test func `what people say of sweeps and trials is shown, and sweeps are found by it`() async throws {
        let remark = Remark(note: "too high\nreally", tags: ["slow"], star: true)
        var sweep = Fixtures.sweep()
        sweep.remark = remark
        let style = Style(colours: false, unicode: true)
        let lines = SweepDetails.lines(sweep, now: Fixtures.now).map { $0.rendered(nil, style) }.joined(separator: "\n")
        #expect(lines.contains("star       yes") && lines.contains("tags       slow") && lines.contains("too high"))
        let listed = SweepTable.table([sweep], now: Fixtures.now, style: style).render(width: nil, style: style).text
        #expect(listed.contains("* #slow too high\n"))
        #expect(sweep.matches("SLOW high") && sweep.matches("starred digits") && !sweep.matches("slow fast"))
        var trial = Fixtures.trials[0]
        trial.remark = remark
        let table = TrialTable(
            sweep: sweep, standings: [Standing(trials: [trial])].compactMap { $0 }, now: Fixtures.now)
        #expect(table.leaderboardColumns.last == .note && table.listColumns.last == .note)
        let document = Documents.trial(trial)
        #expect(document["note"] == "too high\nreally" && document["star"] == true)
        #expect(try TrialRow(item: Fixtures.item(trial)) == trial)
        let none = try await ask(["list", "--search", "nowhere"]).ran
        #expect(none.output.isEmpty && none.talk == "no sweep has 'nowhere' in it\n")
        #expect(try await ask(["list", "--search", "DIGITS val_loss"]).ran.output.contains("k3f9x2mp"))
    }

    @Test func `logs are bytes when piped and text on a terminal`() async throws {
        #expect(try await ask(["logs", "k3f9x2mp-1"]).ran.output == "epoch 1\ndone")
        #expect(try await ask(["logs", "1"], terminal: Terminal()).ran.output == "epoch 1\ndone\n")
        let (_, requests) = try await ask(["logs", "1", "-f", "--tail", "5", "--attempt", "2"])
        #expect(requests.last == .logs(TrialID(Fixtures.sweepID, 1), attempt: 2, follow: true, tail: 5))
        let sweep = try await ask(["logs", "digits"]).ran
        #expect(sweep.code == 64)
        #expect(sweep.talk.contains("k3f9x2mp-1") && sweep.talk.contains("--grep"))
    }

    @Test func `logs tell output and errors apart, say when, and search in a sweep`() async throws {
        @Sendable func piece(_ text: String, _ isError: Bool?, _ seconds: Int64) -> LogPiece {
            var piece = LogPiece(attempt: 1, text: text)
            (piece.isError, piece.time) = (isError, isError == nil ? nil : Timestamp(milliseconds: seconds * 1000))
            return piece
        }
        let answer: @Sendable (ClientRequest) -> FakeController.Answer = { request in
            guard case .logs(_, _, _, _, let apart) = request else { return Fixtures.answer(request) }
            let pieces = [piece("one\ntw", false, 1), piece("oops\n", true, 2), piece("o\nthree", false, 3)]
            return .items(pieces.map { Fixtures.item(apart ? $0 : piece($0.text ?? "", nil, 0)) })
        }
        #expect(try await ask(["logs", "1"], answering: answer).ran.output == "one\ntwoops\no\nthree")
        #expect(try await ask(["logs", "1", "--stderr"], answering: answer).ran.output == "oops\n")
        #expect(
            try await ask(["logs", "1", "--stdout", "--times"], answering: answer).ran.output
                == """
                1970-01-01T00:00:01.000Z  one
                1970-01-01T00:00:01.000Z  two
                1970-01-01T00:00:03.000Z  three
                """)
        let json = try await ask(["logs", "1", "--json", "--stderr"], answering: answer).ran.output
        #expect(json.contains(#""text":"oops\n""#) && json.contains(#""stream":"stderr","time":"1970-01-01T00:00:02"#))
        let found = try await ask(["logs", "digits", "--grep", "t.*e"], answering: answer).ran
        #expect(found.output.contains("k3f9x2mp-1: three") && found.output.contains("k3f9x2mp-2: three"))
        #expect(!found.output.contains("oops"))
        let older = try await ask(["logs", "1", "--stderr"]).ran
        #expect(older.code != 0 && older.talk.contains("older version"))
    }

    @Test func `a sweep is found by id, by the beginning of it, and by name`() async throws {
        let other = SweepRow(id: SweepID("k3zzzzzz"), state: .running, method: "grid", created: Fixtures.at(60))
        let rows = [Fixtures.sweep(), other]
        #expect(try Selection.match("k3f", rows).id == Fixtures.sweepID)
        #expect(try Selection.match("digits", rows).id == Fixtures.sweepID)
        let ambiguous = #expect(throws: SweepError.self) { try Selection.match("k3", rows) }
        #expect(ambiguous?.message.contains("k3f9x2mp, k3zzzzzz") == true)
        let missing = #expect(throws: SweepError.self) { try Selection.match("digit", rows) }
        #expect(missing?.category == .notFound)
        #expect(missing?.remedy == "did you mean 'digits'?")
        #expect(throws: SweepError.self) { try Selection.match("", rows) }
    }

    @Test func `without an id the newest sweep is taken, and named when there are several`() async throws {
        let newer = SweepRow(id: SweepID("znewest1"), state: .running, method: "grid", created: Fixtures.at(1))
        let (ran, requests) = try await ask(["leaderboard"]) { request in
            if case .list = request {
                .items([Fixtures.item(Fixtures.sweep()), Fixtures.item(newer)])
            } else {
                Fixtures.answer(request)
            }
        }
        #expect(ran.talk.contains("the newest of 2 sweeps: znewest1"))
        #expect(requests.contains(.leaderboard(sweep: "znewest1", top: 20)))
    }

    @Test func `there is no sweep yet`() async throws {
        let (ran, _) = try await ask(["leaderboard"]) { _ in .items([]) }
        #expect(ran.code == 1)
        #expect(ran.talk.contains("sweep create"))
    }

    @Test(arguments: [
        ("pause", ClientRequest.pause(sweep: "k3f9x2mp")), ("resume", .resume(sweep: "k3f9x2mp")),
        ("stop", .stop(sweep: "k3f9x2mp")), ("cancel", .cancel(sweep: "k3f9x2mp")),
    ])
    func `steering asks for it and says how the sweep stands`(command: String, request: ClientRequest) async throws {
        let (ran, requests) = try await ask([command, "k3f"])
        #expect(ran.code == 0)
        #expect(requests.contains(request))
        #expect(ran.talk.contains("digits k3f9x2mp  running"))
        let json = try await ask([command, "k3f", "--json"]).ran.output
        #expect(try JSONParser.parse(json)["sweep"]?["id"] == "k3f9x2mp")
    }

    @Test func `one trial is cancelled or retried, and all failed ones of a sweep`() async throws {
        #expect(try await ask(["cancel", "k3f-4"]).requests.contains(.cancelTrial(TrialID(Fixtures.sweepID, 4))))
        #expect(try await ask(["retry", "k3f-3"]).requests.contains(.retryTrial(TrialID(Fixtures.sweepID, 3))))
        #expect(try await ask(["retry", "k3f", "--failed"]).ran.output == "k3f9x2mp-3\n")
        let unclear = try await ask(["retry", "k3f"]).ran
        #expect(unclear.code == 64)
        #expect(unclear.talk.contains("sweep retry k3f9x2mp --failed"))
    }

    @Test func `delete asks, and without anybody to ask wants --yes`() async throws {
        let nobody = try await ask(["delete", "k3f"])
        #expect(nobody.ran.code == 64)
        #expect(nobody.ran.talk.contains("--yes"))
        #expect(!nobody.requests.contains(.delete(sweep: "k3f9x2mp", force: false)))
        let no = try await ask(["delete", "k3f"], confirm: { _ in false })
        #expect(no.ran.code == 1)
        #expect(!no.requests.contains(.delete(sweep: "k3f9x2mp", force: false)))
        let yes = try await ask(["delete", "k3f"], confirm: { $0.contains("k3f9x2mp (digits) with 4 trials") })
        #expect(yes.requests.contains(.delete(sweep: "k3f9x2mp", force: false)))
        #expect(
            try await ask(["rm", "k3f", "--yes", "--force"]).requests.contains(.delete(sweep: "k3f9x2mp", force: true)))
    }

    @Test(arguments: [
        (SweepState.finished, ["completed": 1, "failed": 3], Int32(0)), (.finished, ["failed": 3], 3),
        (.cancelled, ["cancelled": 2], 3), (.stopped, ["completed": 2, "waiting": 1], 0),
    ])
    func `wait tells by its exit code what became of the sweep`(
        state: SweepState, counts: [String: Int], code: Int32
    ) async throws {
        let (ran, _) = try await ask(["wait", "k3f"]) { _ in
            .items([Fixtures.item(Fixtures.sweep(state: state, counts: counts))])
        }
        #expect(ran.code == code)
    }

    @Test func `wait gives up after its time with 124`() async throws {
        let (ran, _) = try await ask(["wait", "k3f", "--timeout", "0.1s"])
        #expect(ran.code == 124)
        #expect(ran.talk.contains("3/10 done"))
    }

    @Test func `agents and the controller's status`() async throws {
        let agents = try await ask(["agents"]).ran.output
        #expect(agents.contains("gpu 0"))
        #expect(agents.contains("k3f9x2mp-4"))
        #expect(agents.contains("3 trials failed at once"))
        let json = try JSONParser.parse(try await ask(["agents", "--json"]).ran.output)
        guard case .list(let rows)? = json["agents"], case .list(let slots)? = rows.first?["slots"] else {
            Issue.record("no agents")
            return
        }
        #expect(slots.count == 2)
        let status = try await ask(["controller", "status", "--json"]).ran.output
        #expect(try JSONParser.parse(status)["controller"]?["pid"] == 4711)
        #expect(try await ask(["controller", "status"]).ran.output.contains("pid      4711"))
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completion scripts know the commands`(shell: String) async {
        let ran = await run(["completion", shell])
        #expect(ran.code == 0)
        #expect(ran.output.contains("leaderboard"))
    }

    @Test(arguments: [("90", 90.0), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("2d", 172_800)])
    func `durations are read`(text: String, seconds: Double) {
        #expect(DurationText(argument: text)?.seconds == seconds)
    }

    @Test(arguments: ["", "m", "-1", "nan", "1e99", "10x", "1 h"])
    func `what is no duration is refused`(text: String) {
        #expect(DurationText(argument: text) == nil)
    }
}
