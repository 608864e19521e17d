import Glibc
import SweepModel
import SweepWire
import UnixSignals

/// The part of `sweep run` between the start and the end: shows how the sweep stands, passes Ctrl-C on, and notices when the
/// agent or the controller is gone.
struct RunProgress: Sendable {
    struct Result: Sendable {
        var sweep: SweepRow
        /// Where its controller is by now.
        var address: ControllerAddress
        /// How often a person pressed Ctrl-C.
        var interrupts: Int
    }

    let sweep: SweepID
    let address: ControllerAddress
    /// What starts the home's controller again; nil where the controller is somebody else's.
    let controller: LocalController?
    let agent: RunAgent
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
    /// How long until the home's own is started again.
    private static let restartAfter = 1.0
    /// How long the next one is waited for, where the home's own was stopped.
    private static let stopPatience = 15.0
    /// Trials in the block on a terminal: with the lines around them at most 12.
    private static let places = 8

    private enum Wake: Sendable {
        case tick
        case interrupt
    }

    private struct State {
        var address: ControllerAddress
        var block = LiveBlock()
        /// The reason for which all slots are paused was said.
        var hasSaidPause = false
        var hasSaidStop = false
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
            var state = State(address: address)
            var result: Result?
            for await wake in wakes {
                if case .interrupt = wake { try await interrupted(&state) }
                if let sweep = try await look(&state) {
                    result = Result(sweep: sweep, address: state.address, interrupts: state.interrupts)
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
            let (row, best, slots) = try await Client.connected(to: state.address) { client in
                let row = try await client.one(.show(sweep: sweep.text), as: SweepRow.self)
                let agents = try await client.items(.agents, as: AgentRow.self)
                let rows =
                    terminal == nil
                    ? [] : try await client.trialRows(.leaderboard(sweep: sweep.text, top: Self.places * 4))
                return (row, rows, SlotPauses(agents, sweep: sweep, agent: agent.name))
            }
            if state.silentSince != nil { say("the controller answers again", &state) }
            state.silentSince = nil
            state.hasSaidStop = false
            explain(slots, row, &state)
            show(row, best, slots, now, &state)
            if row.isOver { return row }
        } catch let error as SweepError where error.category == .unavailable {
            let since = state.silentSince ?? now
            if state.silentSince == nil { say("\(error.message); waiting for it", &state) }
            state.silentSince = since
            let silence = now.seconds(since: since)
            if silence > Self.patience { throw error }
            if silence > Self.restartAfter { try await findController(&state, after: silence) }
        }
        try checkAgent(&state)
        return nil
    }

    /// The home's own controller does not answer. One that has died is started again. One that was told to stop has taken
    /// its controller.json with it: somebody may start the next one, and is given a moment for it.
    private func findController(_ state: inout State, after silence: Double) async throws {
        guard let controller else { return }
        guard let file = ControllerFile.read(session.home) else {
            if silence > Self.stopPatience {
                throw SweepError(
                    .unavailable, "the controller was stopped before the sweep was over",
                    remedy: "go on with: sweep controller start, then: agent --sweep \(sweep)")
            }
            if !state.hasSaidStop {
                say("the controller was stopped; another one is waited for, for \(Int(Self.stopPatience)) s", &state)
            }
            state.hasSaidStop = true
            return
        }
        guard let pid = pid_t(exactly: file.pid), pid > 0 else { return }
        // Where this command started it, it stays in the process table until it has been waited for.
        let isReaped = waitpid(pid, nil, WNOHANG) == pid
        if isReaped || kill(pid, 0) != 0 && errno == ESRCH {
            state.address = try await controller.ensure()
        } else if let running = try ControllerAddress.local(controller.common, session) {
            // Alive: perhaps the next one, at another address.
            state.address = running
        }
    }

    /// A killed agent is started again. Any other end is the end of the run; one look later, for the sweep may just have
    /// ended.
    private func checkAgent(_ state: inout State) throws {
        if let ending = state.agentEnded {
            if try agent.restart() {
                state.agentEnded = nil
                return say("the agent ended with \(ending.text); started it again (pid \(agent.pid))", &state)
            }
            let lines = LogTail.read(agent.log, lines: 5).map { "\n    \($0)" }.joined()
            throw SweepError(
                .failed, "the agent ended with \(ending.text) before the sweep was over:\(lines)",
                remedy: "go on with: agent --sweep \(sweep) --name \(agent.name); "
                    + "or end the sweep with: sweep cancel \(sweep)")
        }
        if state.silentSince == nil { state.agentEnded = agent.ending }
    }

    /// Nothing has worked yet and nothing runs any more: says so once, with what to do.
    private func explain(_ slots: SlotPauses, _ row: SweepRow, _ state: inout State) {
        guard slots.isAll, row.state == .running, row.count(.completed) == 0, row.live == 0 else {
            if !slots.isAll { state.hasSaidPause = false }
            return
        }
        guard !state.hasSaidPause else { return }
        state.hasSaidPause = true
        say(style.paint("no trial has completed, and the last ones failed soon after their start:", .red), &state)
        // A trial that is tried again (`retries`) has not failed yet; then the slot knows why.
        let reasons = StatusLine.reasonLines(row, most: 3)
        for line in reasons.isEmpty ? [DisplayText.escape(slots.summary)] : reasons { say("    \(line)", &state) }
        say(
            "\(style.paint("help:", .cyan)) see what one printed: sweep logs \(sweep)-1; mend it, or end this with "
                + "Ctrl-C; otherwise one more is tried from time to time", &state)
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
            say("leaving; the agent (pid \(agent.pid)) ends its trials and goes", &state)
            agent.send(SIGTERM)
            throw CancellationError()
        }
    }

    /// What the controller refuses (the sweep may just have ended) is said, and the next look shows how it stands.
    private func ask(_ request: ClientRequest, _ state: inout State) async throws {
        do {
            try await Client.connected(to: state.address) { try await $0.perform(request) }
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

    private func show(
        _ row: SweepRow, _ trials: [TrialRow], _ slots: SlotPauses, _ now: Timestamp, _ state: inout State
    ) {
        var line = StatusLine.sweep(row, now: now, since: began, slots: slots, isBrief: terminal != nil)
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
        if slots.isAll, row.state == .running {
            // A line of its own: it is what the person has to know, and the first line may be full.
            lines.append(StyledLine([(slots.summary, .yellow)]).rendered(terminal.columns, style))
        }
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
}
