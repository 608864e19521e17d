import SweepCommands
import SweepModel
import SweepWire

/// Fixed rows: a sweep of four trials, one of them failed.
enum Fixtures {
    static let now = Timestamp(milliseconds: 1_764_000_000_000)
    static let sweepID = SweepID("k3f9x2mp")

    static func at(_ secondsAgo: Double) -> Timestamp {
        Timestamp(milliseconds: now.milliseconds - Int64(secondsAgo * 1000))
    }

    static func sweep(
        state: SweepState = .running, counts: [String: Int] = ["completed": 2, "running": 1, "failed": 1],
        goal: Objective.Goal? = .minimize, yaml: String? = nil
    ) -> SweepRow {
        SweepRow(
            id: sweepID, name: "digits", state: state, method: "random", metric: "val_loss", goal: goal,
            created: at(600), ended: state == .finished ? at(10) : nil, expected: 10, counts: counts,
            failures: counts["failed"].map { ["exit code 1: ValueError: bad lr": $0] } ?? [:], best: 0.22841,
            bestTrial: TrialID(sweepID, 2), yaml: yaml, createdIn: "/work", file: "/work/digits.yaml")
    }

    static func trial(
        _ number: Int, _ state: TrialState, objective: Double? = nil, lr: Double = 0.001,
        metrics: [String: Double]? = nil, reason: String? = nil, point: Int? = nil, exit: Int? = nil
    ) -> TrialRow {
        TrialRow(
            id: TrialID(sweepID, number), state: state, attempt: 1,
            params: [.init("lr", .double(lr)), .init("optimizer", "adam"), .init("layers", .int(number))],
            metrics: metrics ?? objective.map { ["val_loss": $0] } ?? [:], objective: objective,
            step: objective == nil ? nil : 30, agent: "n1", slot: "gpu 0", exit: exit, reason: reason,
            started: at(500), ended: state.isFinal ? at(500 - 245) : nil, point: point ?? number)
    }

    static var trials: [TrialRow] {
        [
            trial(2, .completed, objective: 0.22841, lr: 0.000846, exit: 0),
            trial(1, .completed, objective: 0.5, lr: 0.01, exit: 0),
            trial(4, .running, objective: 0.61, lr: 0.1),
            trial(3, .failed, lr: 10, reason: "exit code 1: ValueError: bad lr", exit: 1),
        ]
    }

    static let secret = String(repeating: "s3cret", count: 7)
    static let fingerprint = String(repeating: "ab", count: 32)

    static func token(_ role: TokenRole, label: String? = nil, isRevoked: Bool = false) -> TokenRow {
        TokenRow(
            id: "abcd2345", role: role, label: label, created: at(3600), lastUsed: at(60),
            revoked: isRevoked ? at(30) : nil, connections: isRevoked ? 0 : 2)
    }

    static func item(_ row: some Encodable) -> ParameterValue {
        do {
            return try JSONCoding.value(of: row)
        } catch {
            return .string("\(error)")
        }
    }

    /// What a controller with that sweep answers.
    static func answer(_ request: ClientRequest) -> FakeController.Answer {
        switch request {
        case .artifact: .items([])
        case .testAlert: .items([item(ToldAlert(outcome: ["webhook h/…: told"]))])
        case .edit(_, let edit):
            .items([
                item(
                    EditedSweep(
                        sweep: sweep().id,
                        edit: EditRow(number: 1, time: sweep().created, changes: edit.drop, because: edit.because),
                        changes: edit.drop.map { "without \($0)" }))
            ])
        case .list: .items([item(sweep())])
        case .show: .items([item(sweep())])
        case .trials: .items(trials.sorted { $0.number < $1.number }.map { item($0) })
        case .leaderboard(_, let top, _): .items(trials.prefix(top ?? .max).map { item($0) })
        case .trial(let id):
            .items(
                trials.filter { $0.id == id }.map { item($0) } + [
                    item(
                        AttemptRow(
                            attempt: 1, agent: "n1", host: "node1", slot: "gpu 0", assigned: at(501), started: at(500),
                            ended: at(255), outcome: .failed, exit: 1, reason: "exit code 1: ValueError: bad lr",
                            argv: ["python", "train.py", "--lr=10", "--name=a b"], directory: "/work"))
                ])
        case .logs: .items([item(LogPiece(attempt: 1, text: "epoch 1\n")), item(LogPiece(attempt: 1, text: "done"))])
        case .agents:
            .items([
                item(
                    AgentRow(
                        id: AgentID("a1"), name: "n1", host: "node1", state: .connected,
                        slots: [
                            .init(label: "gpu 0", gpu: "NVIDIA H100", trial: TrialID(sweepID, 4)),
                            .init(label: "gpu 1", gpu: "NVIDIA H100", paused: "3 trials failed at once"),
                        ], lastSeen: at(2)))
            ])
        case .status:
            .items([
                item(
                    ControllerStatus(
                        build: "0.1.0", pid: 4711, address: "127.0.0.1:7733", home: "/home/x/.sweep", started: at(7200),
                        sweeps: 1, agents: 1, slots: 2, liveTrials: 1, fingerprint: fingerprint))
            ])
        case .remark, .remarks: .items([])
        case .release(let agent, _): .items([item(ReleasedSlots(agent: agent, slots: ["gpu 1"]))])
        case .retryTrial(let id): .items([item(RetriedTrials(trials: [id]))])
        case .retryFailed: .items([item(RetriedTrials(trials: [TrialID(sweepID, 3)]))])
        case .watch: .items([item(SweepEvent(sweep: sweep())), item(SweepEvent(trial: trials[0]))])
        case .matching: .items([item(TrialNumbers(numbers: [1, 3]))])
        case .export: .items([item(TextPiece(text: "id,va")), item(TextPiece(text: "lue\n"))])
        case .query:
            .items([item(QueryHead(columns: ["state", "n"], rows: 1, isCut: false)), .list(["completed", 2])])
        case .importSweep(_, let name): .items([item(CreatedSweep(id: sweepID, name: name, size: nil, warnings: []))])
        case .importTrial, .importReports, .importEnd: .items([])
        case .create, .reports: .failed(SweepError(.failed, "not in this test"))
        case .makeToken(let role, let label):
            .items([item(NewToken(row: token(role, label: label), secret: role.prefix + secret))])
        case .tokens: .items([item(token(.agent, label: "gpu-box")), item(token(.user, isRevoked: true))])
        case .revokeToken: .items([item(token(.agent, isRevoked: true))])
        case .renewCertificate: .items([item(RenewedCertificate(fingerprint: fingerprint))])
        case .recordFile, .pause, .resume, .stop, .cancel, .cancelTrial, .delete, .shutdown: .items([])
        }
    }
}

/// What a command did.
struct Ran {
    var code: Int32
    var output: String
    var talk: String
}

/// Runs one command line with a session of its own.
func run(
    _ arguments: [String], environment: [String: String] = [:], terminal: Terminal? = nil, directory: String = "/",
    input: Int32 = -1, ask: (@Sendable (String) -> Bool)? = nil
) async -> Ran {
    let session = Session(
        output: Output(terminal: terminal), talk: Output(terminal: terminal), input: input,
        environment: ["SWEEP_HOME": "/nonexistent/sweep-home"].merging(environment) { $1 }, directory: directory,
        program: "/nonexistent/bin/sweep", now: { Fixtures.now }, ask: ask)
    let code = await EntryPoint.run(arguments, session)
    return Ran(code: code, output: session.output.text, talk: session.talk.text)
}

/// Runs one command line against a fake controller with the fixtures' sweep.
func ask(
    _ arguments: [String], terminal: Terminal? = nil, environment: [String: String] = [:],
    answering: @escaping @Sendable (ClientRequest) -> FakeController.Answer = Fixtures.answer,
    confirm: (@Sendable (String) -> Bool)? = nil
) async throws -> (ran: Ran, requests: [ClientRequest]) {
    try await FakeController.with(answering: answering) { controller in
        let ran = await run(
            arguments, environment: environment.merging(["SWEEP_CONTROLLER": controller.address]) { $1 },
            terminal: terminal, ask: confirm)
        return (ran, controller.requests)
    }
}
