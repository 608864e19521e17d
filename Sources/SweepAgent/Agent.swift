import Glibc
package import SweepModel
import SweepRecord
import SweepWire

/// The agent: its slots, the trials that it holds, and what it says to the controller. All of its state is here and changes
/// only in synchronous functions; services call them when something has happened (a line has come, a shim has ended, time
/// has passed, a signal). What is to be sent gathers in `outbox` and leaves in one packet at the end of each of them.
package actor Agent {
    /// What the agent is about.
    enum Mode: Hashable {
        case working
        /// No new trials; those that run may end. The text says why.
        case draining(String)
        /// Its trials are being ended and handed back.
        case leaving(String)
    }

    enum Slot: Hashable {
        case free
        /// `ready` was sent on this connection.
        case offered
        /// Made ready to start, behind the trial that runs in another turn of the slot.
        case standby(AttemptID)
        /// What its trial is given is being fetched.
        case fetching(AttemptID)
        case busy(AttemptID)
    }

    let configuration: AgentConfiguration
    let watcher: ExitWatcher
    let clock: @Sendable () -> Now
    let say: @Sendable (String) -> Void

    var mode = Mode.working
    /// Those of the configuration, then `standbys` times a standby for each (`SlotInfo.standbyFor`), in the same order.
    var slots: [Slot]
    /// Seconds that the last trial took, by configured slot.
    var lastDurations: [Double?]
    var standby: [AttemptID: StandbyTrial] = [:]
    var standbysTaken = 0
    var fetching: [AttemptID: FetchingTrial] = [:]
    /// When a piece of what is being fetched came last, or was asked for anew.
    var contentAt: Instant
    var held: [AttemptID: HeldTrial] = [:]
    var link: Link?
    var outbox: [UInt8] = []
    var logPace = LogPace()
    var heartbeatEvery = 5.0
    /// Seconds of silence after which the controller gives attempts up.
    var lease = 90.0
    var lastHeartbeat: Instant?
    var lastHeard: Instant?
    /// The controller answers heartbeats, so its silence means something.
    var hearsHeartbeats = false
    var hasConnected = false
    /// The controller takes the files of a record.
    var takesFiles = false
    /// The controller keeps artifacts.
    var takesArtifacts = false
    var trialsStarted = 0
    var interrupts = 0
    var idleSince: Instant
    var disconnectedSince: Instant
    /// Until when the disk counts as full, because it had no room for what a trial was to be given.
    var noRoomUntil: Instant?
    /// Slots whose GPUs' memory is not back yet.
    var keeping: [Int: KeptSlot] = [:]
    /// Why no slot is offered: the disk of the agent's folder is full.
    var diskProblem: String?
    var diskLookedAt: Instant?
    var leavingSince: Instant?
    /// Seconds for which ends that are still to be told are waited for when leaving.
    var leaveWithin: Double { configuration.grace + (interrupts > 0 ? 5 : 0) }
    var exitCode: Int32?
    /// The controller has dismissed it for a mistake of whoever started it.
    var dismissal: SweepError.Category?

    /// Forks the shims; made with the first connection.
    var shimServer: Launcher.ShimServer?
    /// Removes the folders of delivered attempts beside everything else: no slot waits for a disk that is busy.
    let cleaner = FolderCleaner()

    /// Finds the files in which trials leave metrics.
    let recordFiles = FolderWatch(isWanted: RecordFiles.isWanted)
    /// Found, and not yet known whose.
    var unplaced: [(path: String, since: Instant)] = []
    let sampler: SystemSampler
    /// The hottest GPU of each configured slot since the last heartbeat, in degrees Celsius.
    var heat: [Int: Double] = [:]
    let mlflow = MLflowInbox()
    /// The address of the MLflow server, while there is one.
    var mlflowBase: String?

    /// What `RunCapture` is to capture, once it runs.
    nonisolated let captureJobs: AsyncStream<CaptureJob>
    private let captureQueue: AsyncStream<CaptureJob>.Continuation
    var capturesRuns = false
    /// What `ArtifactReader` is to do, once it runs.
    nonisolated let artifactJobs: AsyncStream<ArtifactJob>
    private let artifactQueue: AsyncStream<ArtifactJob>.Continuation
    var readsArtifacts = false
    /// What `InputFetcher` is to do, once it runs, and who does it.
    nonisolated let inputJobs: AsyncStream<InputJob>
    private let inputQueue: AsyncStream<InputJob>.Continuation
    nonisolated let inputDesk: InputDesk
    var lastScan: Instant?

    private let finished: AsyncStream<Int32>
    private let finish: AsyncStream<Int32>.Continuation

    /// - Parameters:
    ///   - clock: both clocks; nothing else here reads one.
    ///   - say: takes a line for people.
    package init(
        _ configuration: AgentConfiguration, watcher: ExitWatcher, clock: @escaping @Sendable () -> Now,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.watcher = watcher
        self.clock = clock
        self.say = say
        slots = Array(repeating: .free, count: (1 + Self.standbys) * configuration.slots.count)
        lastDurations = Array(repeating: nil, count: configuration.slots.count)
        idleSince = clock().instant
        (disconnectedSince, contentAt) = (idleSince, idleSince)
        (finished, finish) = AsyncStream.makeStream()
        // As many as there are ended trials that hold something.
        (artifactJobs, artifactQueue) = AsyncStream.makeStream()
        (inputJobs, inputQueue) = AsyncStream.makeStream()
        inputDesk = InputDesk(InputCache(configuration.folder + "/cache", limit: configuration.artifactCache))
        (captureJobs, captureQueue) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1000))
        sampler = SystemSampler(library: configuration.environment["SWEEP_NVML"] ?? SystemSampler.standardLibrary)
    }

    /// Returns the exit code once the agent is done.
    package nonisolated func whenFinished() async -> Int32 {
        for await code in finished { return code }
        return 0
    }

    /// The last word: nothing is started or sent after it.
    func end(_ code: Int32) {
        guard exitCode == nil else { return }
        exitCode = code
        for trial in held.values { trial.record.keep() }
        // What it was given is done before the program ends.
        cleaner.finish()
        if let shimServer { configuration.launcher.stop(shimServer) }
        shimServer = nil
        finish.yield(code)
        finish.finish()
    }

    /// Once the last words are with the system.
    func closeLink() async { await link?.drain() }

    /// Everything of this agent's that is waiting goes out in one packet.
    func flush() {
        guard !outbox.isEmpty else { return }
        link?.send(outbox)
        outbox.removeAll(keepingCapacity: outbox.capacity <= 1 << 16)
    }

    func send(_ message: AgentMessage) {
        guard link != nil, let line = try? PeerLine.agent(message).line() else { return }
        outbox += line
    }

    /// Seconds for which an ended trial waits for its log to be taken.
    static let logPatience = 300.0

    func capture(_ job: CaptureJob) { captureQueue.yield(job) }
    func artifactJob(_ job: ArtifactJob) { artifactQueue.yield(job) }

    func inputJob(_ job: InputJob) { inputQueue.yield(job) }

    // MARK: Time

    /// Called ten times a second: reads what trials print, and looks at every deadline.
    package func tick() {
        let now = clock()
        findFiles(now: now)
        for trial in held.values {
            // An adopted trial whose process could not be got hold of: the lock tells.
            if trial.isAlive, trial.pidfd == nil, RunLock.holder(trial.folder) == .free { exited(trial.id) }
            readOutput(of: trial, now: now)
            climb(trial, now: now)
            settle(trial, now: now)
            trial.syncUntold(now: now)
            keepRecord(of: trial, now: now)
        }
        cleaner.hurry()
        reviewStandby(now: now)
        reviewFetching(now: now)
        lookAtSlots(now: now)
        keepAlive(now: now)
        ship(now: now)
        offerSlots()
        decideToEnd(now: now)
        flush()
    }

    private func keepAlive(now: Now) {
        guard let link else { return }
        if lastHeartbeat.map({ now.instant.seconds(since: $0) >= heartbeatEvery }) ?? true {
            lastHeartbeat = now.instant
            send(
                .heartbeat(
                    (held.values.filter { !$0.hasEnded }.map(\.id) + standby.keys + fetching.keys).sorted(),
                    heat: takeHeat()))
        }
        // Half-open: the other side is gone and nobody has told us.
        let patience = hearsHeartbeats ? max(3 * heartbeatEvery, 3) : max(6 * heartbeatEvery, 30)
        if let lastHeard, now.instant.seconds(since: lastHeard) > patience {
            say("the controller has been silent for \(Int(now.instant.seconds(since: lastHeard))) s; connecting anew")
            hearsHeartbeats = false
            link.close()
        }
    }

    /// Whether there is nothing left to do here.
    private func decideToEnd(now: Now) {
        guard exitCode == nil, standby.isEmpty else { return }
        if !held.isEmpty || !fetching.isEmpty { idleSince = now.instant }
        switch mode {
        case .leaving(let reason):
            guard held.values.allSatisfy({ !$0.isAlive && !$0.isDraining }) else { return }
            // What ended by itself is still told, if the controller is there to hear it.
            let waited = leavingSince.map { now.instant.seconds(since: $0) } ?? 0
            let isTold = held.values.allSatisfy { $0.isPreempted || $0.isDiscarded || $0.spool.isAcknowledged }
            guard isTold || link == nil || waited > leaveWithin else { return }
            leave(reason, now: now)
        case .draining(let reason):
            guard held.isEmpty || isUndeliverable(now: now) else { return }
            leave(reason, now: now)
        case .working:
            if hasStartedAll, held.isEmpty || isUndeliverable(now: now) {
                say("has started its \(configuration.count ?? 0) trial(s): leaving (--count)")
                leave("it has started its \(configuration.count ?? 0) trials", now: now)
            } else if let limit = configuration.idleExit, held.isEmpty, fetching.isEmpty,
                now.instant.seconds(since: idleSince) >= limit
            {
                say("no trial for \(Int(limit)) s: leaving (--idle-exit)")
                leave("idle", now: now)
            }
        }
    }

    /// All trials have ended, and the controller has been away for half a minute: their spools wait for the next agent.
    private func isUndeliverable(now: Now) -> Bool {
        guard link == nil, now.instant.seconds(since: disconnectedSince) > 30 else { return false }
        guard held.values.allSatisfy({ $0.hasEnded }) else { return false }
        say(
            "the controller is away; \(held.count) finished trial(s) are kept in \(configuration.folder) and are reported "
                + "when an agent with the name '\(configuration.name)' starts here again")
        return true
    }

    private func leave(_ reason: String, now: Now) {
        for trial in held.values where trial.isPreempted && !trial.hasEnded {
            if link != nil {
                trial.folder.remove()
            } else {
                // Told by the next agent of this name; costs the trial nothing.
                trial.spoolEnded(
                    AttemptEnd(
                        exitCode: 75, started: trial.started, ended: now.wall,
                        lastLine: "agent \(configuration.name) handed it back", declined: true))
            }
        }
        send(.leave(reason: reason))
        flush()
        let wasIdleAlways = configuration.idleExit != nil && !hasConnected
        end(interrupts >= 2 ? 130 : wasIdleAlways ? 69 : dismissal.map { SweepError($0, "").exitCode } ?? 0)
    }
}
