import SweepModel
package import SweepWire

/// What the agent says and hears.
extension Agent {
    /// The first line of a new connection.
    package func hello(token: String?) -> Hello {
        let trials =
            held.values.filter { !$0.isPreempted }
            .map { HeldAttempt(attempt: $0.id, slot: $0.assignment.slot, alive: !$0.hasEnded) }
            + fetching.map { HeldAttempt(attempt: $0, slot: $1.assignment.slot, alive: true) }
        return Hello(
            role: .agent, token: token, build: SweepBuild.version,
            agent: AgentDescription(
                id: configuration.id, incarnation: configuration.incarnation, name: configuration.name,
                host: configuration.host, pid: Int(processID), slots: slotInfos,
                sweep: configuration.sweep, held: trials.sorted { $0.attempt < $1.attempt },
                replaces: configuration.predecessors.isEmpty ? nil : configuration.predecessors))
    }

    /// The controller has let this agent in.
    package func connected(_ link: Link, _ welcome: Welcome) {
        let now = clock()
        say(
            hasConnected
                ? "connected again" : "connected (\(configuration.slots.map(\.info.label).joined(separator: "; ")))")
        self.link = link
        if !hasConnected { idleSince = now.instant }
        hasConnected = true
        heartbeatEvery = min(max(welcome.heartbeat, 0.1), 60)
        lease = welcome.lease
        (lastHeartbeat, lastHeard, hearsHeartbeats) = (now.instant, now.instant, false)
        for index in slots.indices where slots[index] == .offered { slots[index] = .free }
        takesFiles = welcome.takesFiles == true
        takesArtifacts = welcome.takesArtifacts == true
        for trial in held.values {
            trial.log.rewind(to: trial.log.acknowledged, size: trial.outputSize)
            trial.record.rewind()
            trial.artifacts?.rewind()
        }
        for kept in welcome.keep {
            guard let trial = held[kept.attempt] else { continue }
            if trial.spool.hasLost(before: kept.acknowledged) {
                say(
                    "the spool of trial \(trial.id.trial) has lost messages that the controller has: going on after them"
                )
                trial.spool.goOn(after: kept.acknowledged)
            }
            trial.spool.rewind(to: kept.acknowledged)
            trial.log.rewind(to: kept.logged, size: trial.outputSize)
        }
        for id in welcome.kill { discard(id, now: now) }
        resumeFetching(now: now)
        for trial in held.values { settle(trial, now: now) }
        if shimServer == nil { shimServer = try? configuration.launcher.startServer() }
        ship(now: now)
        tellSlotProblems()
        offerSlots()
        flush()
    }

    package func disconnected(_ link: Link) {
        guard let current = self.link, current == link else { return }
        self.link = nil
        outbox.removeAll()
        logPace.forget()
        disconnectedSince = clock().instant
        for index in slots.indices where slots[index] == .offered { slots[index] = .free }
        guard exitCode == nil else { return }
        // By the time that it could start its lease may have run out: the controller hears of it with the next connection.
        let now = clock()
        for trial in standbyBackwards { handBack(trial, "the agent lost its controller", now: now) }
        let running = held.values.count { $0.isAlive }
        say(
            "the connection to the controller ended; " + (running > 0 ? "\(running) trial(s) go on, and " : "")
                + "trying again")
    }

    package func received(_ message: ControllerMessage) {
        guard exitCode == nil else { return }
        let now = clock()
        lastHeard = now.instant
        switch message {
        case .assign(let assignment): assigned(assignment, now: now)
        case .acknowledge(let id, let sequence):
            held[id]?.spool.acknowledge(sequence)
            if let trial = held[id] { settle(trial, now: now) }
        case .logged(let id, let offset, let file):
            if let file {
                held[id]?.record.acknowledge(file, offset)
            } else {
                held[id]?.log.acknowledge(offset)
            }
            logPace.acknowledged(id, file: file, to: offset, now: now.instant)
            if let trial = held[id] { settle(trial, now: now) }
        case .artifact(let progress): received(progress)
        case .blob(let kept): received(kept)
        case .inputs(let answer): received(answer, now: now)
        case .content(let content): received(content, now: now)
        case .stop(let id, .fenced, _): discard(id, now: now)
        case .stop(let id, let reason, let detail): stop(id, reason, detail: detail, now: now)
        case .heartbeat: hearsHeartbeats = true
        case .dismiss(let reason, let error):
            if mode == .working {
                dismissal = error
                say("\(reason): no more trials\(held.isEmpty ? "" : "; waiting for those that run")")
                mode = .draining(reason)
            }
        case .notice(let text): say(text)
        case .release(let slot): release(slot)
        case .error(let error): say("the controller did not understand this agent: \(error)")
        }
        ship(now: now)
        offerSlots()
        flush()
    }

    /// Sends what the spools and logs have, as far as windows and the connection allow.
    func ship(now: Now) {
        guard let link else { return }
        for trial in held.values where !trial.isDiscarded {
            while outbox.count < 1 << 20 || !trial.spool.isAcknowledged && link.isWritable {
                let lines = trial.spool.next()
                if lines.isEmpty { break }
                outbox += lines
                if outbox.count > 4 << 20 { break }
            }
        }
        logPace.expire(now: now.instant)
        guard link.isWritable else { return }
        for trial in held.values where !trial.isPreempted {
            while takesFiles, outbox.count < 1 << 20, logPace.hasRoom,
                let (chunk, end) = trial.record.next(
                    trial.id, hasEnded: trial.hasEnded, most: logPace.piece, now: now.instant)
            {
                send(chunk, to: end, now: now)
            }
            let size = trial.outputSize
            defer { shipArtifacts(of: trial, now: now) }
            // Also where all is sent: what nobody has acknowledged for long is sent again.
            guard !trial.log.isDone(size: size), let output = trial.tail.output else { continue }
            while outbox.count < 1 << 20, logPace.hasRoom,
                let chunk = trial.log.next(
                    trial.id, size: size, hasEnded: trial.hasEnded, most: logPace.piece, now: now.instant,
                    read: { DiskFile.read(output, offset: $0, limit: $1) })
            {
                send(chunk, to: trial.log.sent, now: now)
            }
        }
    }

    private func send(_ chunk: LogChunk, to end: Int, now: Now) {
        let before = outbox.count
        send(.log(chunk))
        logPace.sent(chunk.attempt, file: chunk.file, to: end, bytes: outbox.count - before, now: now.instant)
    }
}
