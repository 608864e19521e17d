import SweepModel
import SweepWire
import Testing

/// Every kind as it stands on the wire. A line here never changes: programs of other versions speak it.
@Suite struct GoldenLineTests {
    private static let trial = TrialID(SweepID("abc"), 4)
    private static let attempt = AttemptID(trial, 2)

    private static let edit: EditRequest = {
        var edit = EditRequest(key: "k")
        (edit.because, edit.runCap, edit.priority) = ("b", "9", 2)
        (edit.drop, edit.exclude) = (["x=1"], ["x > 1"])
        return edit
    }()

    static let peerLines: [(PeerLine, String)] = [
        (
            .hello(Hello(role: .client, token: "t", build: "0.1.0")),
            #"{"kind":"hello","protocol":1,"role":"client","token":"t","build":"0.1.0"}"#
        ),
        (
            .hello(
                Hello(
                    role: .agent, token: nil, build: "0.1.0",
                    agent: AgentDescription(
                        id: AgentID("u"), incarnation: "i", name: "n", host: "h", pid: 7,
                        slots: [SlotInfo(index: 0, gpus: [GPUInfo(index: 1, uuid: "GPU-1", name: "X", memory: 8)])],
                        sweep: SweepID("abc"), held: [HeldAttempt(attempt: attempt, slot: 0, alive: true)]))),
            #"{"kind":"hello","protocol":1,"role":"agent","build":"0.1.0","agent":{"id":"u","incarnation":"i","#
                + #""name":"n","host":"h","pid":7,"slots":[{"index":0,"gpus":[{"index":1,"uuid":"GPU-1","name":"X","#
                + #""memory":8}]}],"sweep":"abc","held":[{"attempt":{"trial":"abc-4","attempt":2},"slot":0,"alive":true}]}}"#
        ),
        (
            .hello(
                Hello(
                    role: .agent, token: nil, build: "0.1.0",
                    agent: AgentDescription(
                        id: AgentID("u"), incarnation: "i", name: "n", host: "h", pid: 7, slots: [],
                        replaces: ["g", "h"]))),
            #"{"kind":"hello","protocol":1,"role":"agent","build":"0.1.0","agent":{"id":"u","incarnation":"i","#
                + #""name":"n","host":"h","pid":7,"slots":[],"held":[],"replaces":["g","h"]}}"#
        ),
        (.agent(.ready(slot: 3)), #"{"kind":"ready","slot":3}"#),
        (
            .agent(
                .started(
                    Started(
                        attempt: attempt, sequence: 1, argv: ["a", "--x=1"], directory: "/d", pid: 9,
                        time: Timestamp(milliseconds: 5)))),
            #"{"kind":"started","attempt":{"trial":"abc-4","attempt":2},"sequence":1,"argv":["a","--x=1"],"#
                + #""directory":"/d","pid":9,"time":5}"#
        ),
        (
            .agent(
                .report(
                    Reports(
                        attempt: attempt, sequence: 2,
                        reports: [
                            Report(step: 1, time: Timestamp(milliseconds: 5), metrics: ["loss": 1, "acc": .infinity])
                        ]))),
            #"{"kind":"report","attempt":{"trial":"abc-4","attempt":2},"sequence":2,"reports":[{"step":1,"time":5,"#
                + #""metrics":{"acc":Infinity,"loss":1.0}}]}"#
        ),
        (
            .agent(.log(LogChunk(attempt: attempt, offset: 10, text: "a\n", skipped: 3))),
            #"{"kind":"log","attempt":{"trial":"abc-4","attempt":2},"offset":10,"text":"a\n","skipped":3}"#
        ),
        (
            .agent(
                .ended(
                    Ended(
                        attempt: attempt, sequence: 3,
                        end: AttemptEnd(
                            exitCode: 1, started: Timestamp(milliseconds: 5), ended: Timestamp(milliseconds: 6),
                            peakMemory: 100, cpuSeconds: 0.5, lastLine: "ValueError: x")))),
            #"{"kind":"ended","attempt":{"trial":"abc-4","attempt":2},"sequence":3,"end":{"exitCode":1,"started":5,"#
                + #""ended":6,"peakMemory":100,"cpuSeconds":0.5,"lastLine":"ValueError: x"}}"#
        ),
        (
            .agent(.artifact(ArtifactOffer(attempt: attempt, name: "model", manifest: "ab", size: 9))),
            #"{"kind":"artifact-offer","attempt":{"trial":"abc-4","attempt":2},"name":"model","manifest":"ab","size":9}"#
        ),
        (
            .agent(.blob(BlobChunk(digest: "ab", offset: 3, base64: "AA==", size: 9))),
            #"{"kind":"blob","digest":"ab","offset":3,"base64":"AA==","size":9}"#
        ),
        (
            .agent(.inputs(InputRequest(attempt: attempt, references: ["data:v3"]))),
            #"{"kind":"artifact-inputs","attempt":{"trial":"abc-4","attempt":2},"references":["data:v3"]}"#
        ),
        (.agent(.read(BlobCursor(digest: "ab", offset: 3))), #"{"kind":"blob-read","digest":"ab","offset":3}"#),
        (.agent(.heartbeat([attempt])), #"{"kind":"heartbeat","attempts":[{"trial":"abc-4","attempt":2}]}"#),
        (
            .agent(.heartbeat([], heat: [SlotHeat(slot: 1, degrees: 81.5)])),
            #"{"kind":"heartbeat","attempts":[],"heat":[{"slot":1,"degrees":81.5}]}"#
        ),
        (.client(id: 3, .testAlert(sweep: "abc")), #"{"kind":"test-alert","id":3,"sweep":"abc"}"#),
        (.agent(.slot(1, problem: "p")), #"{"kind":"slot","slot":1,"problem":"p"}"#),
        (.agent(.slot(1, problem: nil)), #"{"kind":"slot","slot":1}"#),
        (.agent(.leave(reason: "r")), #"{"kind":"leave","reason":"r"}"#),
        (
            .client(id: 1, .create(yaml: "a: 1\n", file: "f", createdIn: "/d", name: nil)),
            #"{"kind":"create","id":1,"yaml":"a: 1\n","file":"f","createdIn":"/d"}"#
        ),
        (.client(id: 2, .list), #"{"kind":"list","id":2}"#),
        (.client(id: 2, .show(sweep: "a")), #"{"kind":"show","id":2,"sweep":"a"}"#),
        (
            .client(id: 2, .trials(sweep: "a", after: 5, states: [.failed])),
            #"{"kind":"trials","id":2,"sweep":"a","after":5,"states":["failed"]}"#
        ),
        (.client(id: 2, .leaderboard(sweep: "a", top: 3)), #"{"kind":"leaderboard","id":2,"sweep":"a","top":3}"#),
        (
            .client(id: 2, .leaderboard(sweep: "a", top: nil, summaries: ["loss:min"])),
            #"{"kind":"leaderboard","id":2,"sweep":"a","summaries":["loss:min"]}"#
        ),
        (.client(id: 2, .trial(trial)), #"{"kind":"trial","id":2,"trial":"abc-4"}"#),
        (
            .client(id: 2, .logs(trial, attempt: 1, follow: true, tail: 10)),
            #"{"kind":"logs","id":2,"trial":"abc-4","attempt":1,"follow":true,"tail":10}"#
        ),
        (
            .client(id: 2, .logs(trial, attempt: nil, follow: false, tail: nil, apart: true)),
            #"{"kind":"logs","id":2,"trial":"abc-4","follow":false,"apart":true}"#
        ),
        (.client(id: 2, .reports(trial, attempt: nil)), #"{"kind":"reports","id":2,"trial":"abc-4"}"#),
        (
            .client(id: 2, .matching(sweep: "a", filter: "lr > 1")),
            #"{"kind":"matching","id":2,"sweep":"a","filter":"lr > 1"}"#
        ),
        (
            .client(id: 2, .export(sweep: "a", ExportRequest(rows: .points, metrics: ["loss"], trial: 3))),
            #"{"kind":"export","id":2,"sweep":"a","table":{"rows":"points","format":"csv","metrics":["loss"],"trial":3}}"#
        ),
        (
            .client(id: 2, .query(sql: "SELECT 1", sweep: nil, limit: 5)),
            #"{"kind":"query","id":2,"sql":"SELECT 1","limit":5}"#
        ),
        (
            .client(id: 2, .importSweep(yaml: "{}", name: "n")),
            #"{"kind":"import-sweep","id":2,"yaml":"{}","name":"n"}"#
        ),
        (
            .client(
                id: 2,
                .importReports(
                    trial, sequence: 1, [Report(step: 1, time: Timestamp(milliseconds: 5), metrics: ["a": 1])])),
            #"{"kind":"import-reports","id":2,"trial":"abc-4","sequence":1,"reports":[{"step":1,"time":5,"metrics":"#
                + #"{"a":1.0}}]}"#
        ),
        (.client(id: 2, .importEnd(sweep: SweepID("a"))), #"{"kind":"import-end","id":2,"sweep":"a"}"#),
        (.client(id: 2, .watch(sweep: "a")), #"{"kind":"watch","id":2,"sweep":"a"}"#),
        (
            .client(id: 2, .edit(sweep: "a", edit)),
            #"{"kind":"edit","id":2,"sweep":"a","edit":{"key":"k","because":"b","runCap":"9","priority":2,"add":[],"#
                + #""drop":["x=1"],"range":[],"tries":[],"exclude":["x > 1"],"include":[],"isTrial":false}}"#
        ),
        (.client(id: 2, .pause(sweep: "a")), #"{"kind":"pause","id":2,"sweep":"a"}"#),
        (.client(id: 2, .resume(sweep: "a")), #"{"kind":"resume","id":2,"sweep":"a"}"#),
        (.client(id: 2, .stop(sweep: "a")), #"{"kind":"stop","id":2,"sweep":"a"}"#),
        (.client(id: 2, .cancel(sweep: "a")), #"{"kind":"cancel","id":2,"sweep":"a"}"#),
        (.client(id: 2, .cancelTrial(trial)), #"{"kind":"cancel-trial","id":2,"trial":"abc-4"}"#),
        (.client(id: 2, .retryTrial(trial)), #"{"kind":"retry-trial","id":2,"trial":"abc-4"}"#),
        (.client(id: 2, .retryFailed(sweep: "a")), #"{"kind":"retry-failed","id":2,"sweep":"a"}"#),
        (.client(id: 2, .delete(sweep: "a", force: true)), #"{"kind":"delete","id":2,"sweep":"a","force":true}"#),
        (.client(id: 2, .agents), #"{"kind":"agents","id":2}"#),
        (.client(id: 2, .release(agent: "a", slot: 1)), #"{"kind":"release","id":2,"agent":"a","slot":1}"#),
        (
            .client(id: 2, .remark(sweep: "abc", trial: 4, RemarkChange(note: "n", addedTags: ["t"], star: true))),
            #"{"kind":"remark","id":2,"sweep":"abc","trial":4,"change":{"note":"n","addedTags":["t"],"#
                + #""removedTags":[],"star":true}}"#
        ),
        (.client(id: 2, .remarks(sweep: "abc")), #"{"kind":"remarks","id":2,"sweep":"abc"}"#),
        (.client(id: 2, .release(agent: "a", slot: nil)), #"{"kind":"release","id":2,"agent":"a"}"#),
        (.client(id: 2, .status), #"{"kind":"status","id":2}"#),
        (.client(id: 2, .shutdown), #"{"kind":"shutdown","id":2}"#),
        (
            .client(id: 2, .makeToken(.agent, label: "gpu 1")),
            #"{"kind":"make-token","id":2,"role":"agent","label":"gpu 1"}"#
        ),
        (.client(id: 2, .tokens), #"{"kind":"tokens","id":2}"#),
        (.client(id: 2, .revokeToken(id: "t")), #"{"kind":"revoke-token","id":2,"token":"t"}"#),
        (.client(id: 2, .renewCertificate), #"{"kind":"renew-certificate","id":2}"#),
    ]

    static let controllerLines: [(ControllerLine, String)] = [
        (
            .welcome(
                Welcome(
                    build: "0.1.0", heartbeat: 5, lease: 90,
                    keep: [KeptAttempt(attempt: attempt, acknowledged: 3, logged: 20)], kill: [attempt])),
            #"{"kind":"welcome","protocol":1,"build":"0.1.0","heartbeat":5.0,"lease":90.0,"keep":[{"attempt":{"trial":"#
                + #""abc-4","attempt":2},"acknowledged":3,"logged":20}],"kill":[{"trial":"abc-4","attempt":2}]}"#
        ),
        (.refused(reason: "no"), #"{"kind":"refused","reason":"no"}"#),
        (
            .agent(
                .assign(
                    Assignment(
                        slot: 0, attempt: attempt,
                        launch: LaunchSpec(command: ["${program}"], program: "p", environment: ["A": "b"], timeout: 60),
                        parameters: [.init("lr", 1.0), .init("n", 1), .init("opt", ["b": 1])], seed: 7, metric: "loss",
                        earlierAttempts: [1]))),
            #"{"kind":"assign","slot":0,"attempt":{"trial":"abc-4","attempt":2},"launch":{"command":["${program}"],"#
                + #""program":"p","environment":{"A":"b"},"timeout":60.0},"parameters":{"lr":1.0,"n":1,"opt":{"b":1}},"#
                + #""seed":7,"metric":"loss","earlierAttempts":[1]}"#
        ),
        (
            .agent(
                .assign(
                    Assignment(
                        slot: 0, attempt: attempt, launch: LaunchSpec(command: ["a"], pauses: true), parameters: [],
                        seed: 7))),
            #"{"kind":"assign","slot":0,"attempt":{"trial":"abc-4","attempt":2},"launch":{"command":["a"],"#
                + #""environment":{},"pauses":true},"parameters":{},"seed":7,"earlierAttempts":[]}"#
        ),
        (
            .agent(.acknowledge(attempt, sequence: 4)),
            #"{"kind":"ack","attempt":{"trial":"abc-4","attempt":2},"sequence":4}"#
        ),
        (
            .agent(.logged(attempt, offset: 4)),
            #"{"kind":"logged","attempt":{"trial":"abc-4","attempt":2},"offset":4}"#
        ),
        (
            .agent(
                .artifact(
                    ArtifactProgress(
                        attempt: attempt, name: "model", manifest: "ab", wanted: [BlobCursor(digest: "cd", offset: 3)]))
            ),
            #"{"kind":"artifact-progress","attempt":{"trial":"abc-4","attempt":2},"name":"model","manifest":"ab","#
                + #""wanted":[{"digest":"cd","offset":3}]}"#
        ),
        (
            .agent(.blob(BlobKept(digest: "ab", offset: 3, problem: "p"))),
            #"{"kind":"blob-kept","digest":"ab","offset":3,"problem":"p"}"#
        ),
        (
            .agent(
                .inputs(
                    InputAnswer(
                        attempt: attempt,
                        inputs: [InputVersion(reference: "data", version: "data:v3", manifest: "ab", size: 9)],
                        problem: SweepError(.notFound, "m")))),
            #"{"kind":"artifact-inputs","attempt":{"trial":"abc-4","attempt":2},"inputs":[{"reference":"data","#
                + #""version":"data:v3","manifest":"ab","size":9}],"problem":{"category":"notFound","message":"m"}}"#
        ),
        (
            .agent(.content(BlobContent(digest: "ab", offset: 3, base64: "AA=="))),
            #"{"kind":"blob-content","digest":"ab","offset":3,"base64":"AA=="}"#
        ),
        (
            .agent(.stop(attempt, .pruned, detail: "d")),
            #"{"kind":"stop","attempt":{"trial":"abc-4","attempt":2},"reason":"pruned","detail":"d"}"#
        ),
        (.agent(.heartbeat), #"{"kind":"heartbeat"}"#),
        (.agent(.notice("n")), #"{"kind":"notice","text":"n"}"#),
        (.agent(.release(slot: 2)), #"{"kind":"release","slot":2}"#),
        (.agent(.dismiss(reason: "r")), #"{"kind":"dismiss","reason":"r"}"#),
        (
            .agent(.dismiss(reason: "r", error: .notFound)),
            #"{"kind":"dismiss","reason":"r","error":"notFound"}"#
        ),
        (
            .agent(.error(SweepError(.usage, "m", remedy: "r"))),
            #"{"kind":"error","error":{"category":"usage","message":"m","remedy":"r"}}"#
        ),
        (.client(.item(request: 3, ["a": 1.0])), #"{"kind":"item","id":3,"item":{"a":1.0}}"#),
        (.client(.done(request: 3)), #"{"kind":"done","id":3}"#),
        (
            .client(.failed(request: 3, SweepError(.notFound, "m"))),
            #"{"kind":"failed","id":3,"error":{"category":"notFound","message":"m"}}"#
        ),
    ]

    @Test(arguments: peerLines.indices)
    func `what agents and clients say is written and read as ever`(index: Int) throws {
        let (line, text) = Self.peerLines[index]
        #expect(String(decoding: try line.line(), as: UTF8.self) == text + "\n")
        #expect(try PeerLine.decode(Array(text.utf8)) == line)
    }

    @Test(arguments: controllerLines.indices)
    func `what the controller says is written and read as ever`(index: Int) throws {
        let (line, text) = Self.controllerLines[index]
        #expect(String(decoding: try line.line(), as: UTF8.self) == text + "\n")
        #expect(try ControllerLine.decode(Array(text.utf8)) == line)
    }

    @Test func `members of a later version are ignored`() throws {
        #expect(
            try PeerLine.decode(Array(#"{"new":[1,{}],"kind":"ready","slot":1,"x":null}"#.utf8))
                == .agent(.ready(slot: 1)))
    }

    @Test func `a dismissal for a reason of a later version is an error all the same`() throws {
        let line = try ControllerLine.decode(Array(#"{"kind":"dismiss","reason":"r","error":"novel"}"#.utf8))
        #expect(line == .agent(.dismiss(reason: "r", error: .failed)))
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "{\"kind\":1}", "{\"kind\":\"nonsense\"}", "{\"kind\":\"ready\"}",
        "{\"kind\":\"ready\",\"slot\":\"1\"}", "{\"kind\":\"ready\",\"slot\":1e99}", "{\"kind\":\"started\"}",
        "{\"kind\":\"report\",\"attempt\":{\"trial\":\"x\",\"attempt\":1},\"sequence\":1,\"reports\":[]}",
        "{\"kind\":\"list\"}", "\u{0}\u{1}", "{\"kind\":\"hello\",\"protocol\":1,\"role\":\"king\",\"build\":\"\"}",
    ])
    func `what cannot be understood is an error in words`(text: String) {
        let error = #expect(throws: WireError.self) { try PeerLine.decode(Array(text.utf8)) }
        #expect(error?.description.isEmpty == false)
        #expect(throws: WireError.self) { try ControllerLine.decode(Array(text.utf8)) }
    }

    @Test(arguments: [1, 2, 3])
    func `no mutation of a good line traps`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let lines = Self.peerLines.map { Array($0.1.utf8) } + Self.controllerLines.map { Array($0.1.utf8) }
        var understood = 0
        for _ in 0..<2_000 {
            guard var line = lines.randomElement(using: &generator) else { break }
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !line.isEmpty {
                let index = Int.random(in: 0..<line.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: line[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: line.remove(at: index)
                default: line.insert(line[index], at: index)
                }
            }
            if (try? PeerLine.decode(line)) != nil { understood += 1 }
            if (try? ControllerLine.decode(line)) != nil { understood += 1 }
        }
        #expect(understood > 0)
    }
}
