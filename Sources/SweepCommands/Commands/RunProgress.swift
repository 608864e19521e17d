import Glibc
import SweepModel
import SweepWire
import UnixSignals

/// The part of `sweep run` between the start and the end: shows how the sweep stands, passes Ctrl-C on, and notices when the
/// agent or the controller is gone.
struct RunProgress: Sendable {
    struct Result: Sendable {
        var sweep: SweepRow
        /// How often a person pressed Ctrl-C.
        var interrupts: Int
    }

    let sweep: SweepID
    let address: ControllerAddress
    let agent: ChildProcess
    let agentLog: String
    let session: Session
    let style: Style
    let searched: Set<String>
    let began: Timestamp

    private static let pace = Duration.milliseconds(300)
    /// Without a terminal: a line whenever trials have ended, no more often than this, and at least this often.
    private static let leastPause = 2.0
    private static let mostPause = 30.0
    /// How long a controller that does not answer is waited for: it may be restarting.
    private static let patience = 60.0
    /// Trials in the block on a terminal: with the lines around them at most 12.
    private static let places = 8

    private enum Wake: Sendable {
        case tick
        case interrupt
    }

    private struct State {
        var block = LiveBlock()
        var interrupts = 0
        var silentSince: Timestamp?
        var printed: (text: String, at: Timestamp)?
        var agentEnded: ChildProcess.Ending?
    }

    /// Until the sweep is over, or a person insisted on leaving.
    func run() async throws -> Result {
        let (wakes, continuation) = AsyncStream.makeStream(of: Wake.self, bufferingPolicy: .bufferingNewest(16))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { continuation.yield(.interrupt) }
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.pace)
                    continuation.yield(.tick)
                }
            }
            defer { group.cancelAll() }
            var state = State()
            var result: Result?
            for await wake in wakes {
                if case .interrupt = wake { try await interrupted(&state) }
                if let sweep = try await look(&state) {
                    result = Result(sweep: sweep, interrupts: state.interrupts)
                    break
                }
            }
            group.cancelAll()
            guard let result else { throw CancellationError() }
            return result
        }
    }

    /// One look at the sweep.
    ///
    /// - Returns: the sweep once it is over.
    private func look(_ state: inout State) async throws -> SweepRow? {
        let now = session.now()
        do {
            let (row, best) = try await Client.connected(to: address) { client in
                let row = try await client.one(.show(sweep: sweep.text), as: SweepRow.self)
                let rows =
                    terminal == nil
                    ? [] : try await client.trialRows(.leaderboard(sweep: sweep.text, top: Self.places * 4))
                return (row, rows)
            }
            state.silentSince = nil
            show(row, best, now, &state)
            if row.isOver { return row }
        } catch let error as SweepError where error.category == .unavailable {
            let since = state.silentSince ?? now
            if state.silentSince == nil { say("\(error.message); waiting for it", &state) }
            state.silentSince = since
            if now.seconds(since: since) > Self.patience { throw error }
        }
        try checkAgent(&state)
        return nil
    }

    /// The agent's end is the end of the run; one look later, for the sweep may just have ended.
    private func checkAgent(_ state: inout State) throws {
        if let ending = state.agentEnded {
            let lines = LogTail.read(agentLog, lines: 5).map { "\n    \($0)" }.joined()
            throw SweepError(
                .failed, "the agent ended with \(ending.text) before the sweep was over:\(lines)",
                remedy: "go on with: agent --sweep \(sweep); or end the sweep with: sweep cancel \(sweep)")
        }
        if state.silentSince == nil { state.agentEnded = agent.ending() }
    }

    private func interrupted(_ state: inout State) async throws {
        state.interrupts += 1
        switch state.interrupts {
        case 1:
            say("stopping: running trials finish, nothing new starts; Ctrl-C again cancels them", &state)
            try await ask(.stop(sweep: sweep.text), &state)
        case 2:
            say("cancelling the running trials; Ctrl-C again leaves without waiting", &state)
            try await ask(.cancel(sweep: sweep.text), &state)
        default:
            agent.send(SIGTERM)
            throw CancellationError()
        }
    }

    /// What the controller refuses (the sweep may just have ended) is said, and the next look shows how it stands.
    private func ask(_ request: ClientRequest, _ state: inout State) async throws {
        do {
            try await Client.connected(to: address) { try await $0.perform(request) }
        } catch let error as SweepError {
            say("\(error.message)", &state)
        }
    }

    // MARK: Output

    private var terminal: Terminal? { session.talk.terminal.flatMap { $0.isDumb ? nil : $0 } }

    /// A line above the block.
    private func say(_ line: String, _ state: inout State) {
        if terminal != nil { session.talk.write(state.block.redraw([])) }
        session.say(line)
    }

    private func show(_ row: SweepRow, _ trials: [TrialRow], _ now: Timestamp, _ state: inout State) {
        var line = StatusLine.sweep(row, now: now, since: began)
        guard let terminal else {
            let changed = state.printed.map { $0.text != String(row.final) } ?? true
            let pause = state.printed.map { now.seconds(since: $0.at) } ?? .infinity
            guard row.isOver || pause >= Self.mostPause || (changed && pause >= Self.leastPause) else { return }
            if let best = StatusLine.best(row) {
                line.append("  ")
                line.pieces += best.pieces
            }
            session.say(line.rendered(nil, style))
            state.printed = (String(row.final), now)
            return
        }
        var lines = [line.rendered(terminal.columns, style)]
        if let best = StatusLine.best(row) { lines.append(best.rendered(terminal.columns, style)) }
        let board = Leaderboard(trials, goal: row.goal)
        let running = board.standings.filter { $0.state.isLive }
        let ranked = board.standings.filter { !$0.state.isLive && $0.mean != nil }
        let places = min(Self.places, max(1, terminal.rows - 5))
        // The best ones, and below them what runs now.
        let top = ranked.prefix(max(1, places - running.count)) + running.prefix(max(0, places - min(ranked.count, 3)))
        if !top.isEmpty {
            let table = TrialTable(sweep: row, standings: Array(top.prefix(places)), searched: searched, now: now)
            let text = table.table(table.leaderboardColumns, style: style).render(width: terminal.columns, style: style)
            lines += text.text.split(separator: "\n").map(String.init)
        }
        session.talk.write(state.block.redraw(row.isOver ? Array(lines.prefix(2)) : lines))
        session.talk.flush()
    }

    /// The sweep is over: the agent leaves by itself; it is helped along when it does not.
    func endAgent() async {
        let clock = ContinuousClock()
        for signal in [0, SIGTERM, SIGTERM, SIGKILL] {
            if signal != 0 { agent.send(signal) }
            let deadline = clock.now + .seconds(5)
            while clock.now < deadline {
                if agent.ending() != nil { return }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
