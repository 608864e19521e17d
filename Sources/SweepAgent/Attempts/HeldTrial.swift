import Glibc
import SweepModel
import SweepRecord
import SweepWire
import TrialShim

/// One attempt that this agent holds: running, or ended with messages left to deliver.
///
/// Confined to the agent's actor.
final class HeldTrial {
    let assignment: Assignment
    let folder: AttemptFolder
    let spool: Spool
    let tail: OutputTail
    var log = LogShipper()
    let record: RecordFolder
    var thinning = SystemThinning()
    /// What it has left, once it has ended; nil: nothing.
    var artifacts: ArtifactUpload?
    /// What it runs is captured, or nobody captures it.
    var isCaptured = true
    /// Whoever comes after this agent finds that it is.
    var isCaptureNoted = false

    /// What was started, for the record and for errors.
    var argv: [String] = []
    var directory = ""
    /// The checkpoints of an earlier attempt from which it goes on, where this agent has started it.
    var resumedFrom: String?
    /// It has reported its objective.
    private var hasObjective = false
    var started: Timestamp
    /// On this process's clock; of an adopted trial, when its wall-clock start puts it there.
    var startedAt: Instant

    /// The shim's, while it lives.
    var pidfd: Int32?
    /// Its process number: the root of the trial's processes, to look at and never to signal.
    var shim: Int32?
    /// Whether it was said that files of trials in one folder cannot be told apart.
    var hasComplained = false
    /// The shim is alive, as far as is known.
    var isAlive: Bool
    /// The shim is gone, and its output is being read to the end.
    var isDraining = false
    /// The shim's last word, once it is read.
    var exit: ExitRecord?
    /// Whoever looks was told that a line was too long.
    var hasSaidLongLine = false
    /// `ended` has its number.
    var hasEnded = false
    /// When `ended` got its number, as far as `syncUntold` has seen.
    private var endedAt: Instant?
    private var isSynced = false
    /// When everything numbered was acknowledged, after the end.
    var settledAt: Instant?

    /// The folder is watched for files with metrics; not before the trial has lived for a moment.
    var isWatched = false
    private var endSize: Int?

    /// Bytes of `output.log`, as far as they were read; after the end, all.
    var outputSize: Int {
        guard hasEnded else { return tail.outputRead }
        if let endSize { return endSize }
        let size = tail.output.map(DiskFile.size) ?? 0
        endSize = size
        return size
    }

    var ladder: StopLadder?
    var stopReason: StopReason?
    /// Why there is no end on record, where something is known of it.
    var lossReason: String?
    /// Its messages count no more (the controller has them, or a newer attempt exists); only its log, its record and what it has
    /// left are still shipped.
    var isDiscarded = false
    /// Handed back by this agent: its end is no end of the trial.
    var isPreempted = false

    var id: AttemptID { assignment.attempt }

    init(_ assignment: Assignment, _ folder: AttemptFolder, isAlive: Bool, owner: UInt32?, now: Now) {
        self.assignment = assignment
        self.folder = folder
        self.isAlive = isAlive
        started = now.wall
        startedAt = now.instant
        spool = Spool(path: folder.spool)
        record = RecordFolder(folder)
        tail = OutputTail(
            folder, spool: spool, parameters: assignment.parameters, objective: assignment.metric, owner: owner)
    }

    deinit { if let pidfd { close(pidfd) } }

    // MARK: Numbered messages

    func spoolStarted(pid: Int32) {
        spool.append { number in
            let message = Started(
                attempt: id, sequence: number, argv: argv, directory: directory, pid: Int(pid), time: started)
            return try? PeerLine.agent(.started(message)).line()
        }
    }

    func take(_ findings: OutputTail.Findings) {
        record.append(printed: findings.printed, hasEnded: isDraining)
        // Before the message that says that they were read.
        record.append(findings.details)
        if let metric = assignment.metric, !hasObjective {
            hasObjective = findings.reports.contains { $0.metrics[metric] != nil }
        }
        spool(findings.reports)
    }

    /// In messages that stay far below the length of a wire line. The last one says how far the files were read.
    func spool(_ reports: [Report]) {
        var batch: [Report] = []
        var size = 0
        for (index, report) in reports.enumerated() {
            batch.append(report)
            size += report.metrics.reduce(100) { $0 + $1.key.utf8.count * 2 + 30 }
            let isLast = index == reports.count - 1
            if isLast || size > 128 << 10 || batch.count >= 1000 {
                spoolBatch(batch, isLast: isLast)
                (batch, size) = ([], 0)
            }
        }
    }

    private func spoolBatch(_ reports: [Report], isLast: Bool) {
        let position = isLast ? tail.position.json : nil
        spool.append(isEssential: false) { number in
            let message = PeerLine.agent(.report(Reports(attempt: id, sequence: number, reports: reports)))
            guard var line = try? message.line() else { return nil }
            guard let position else { return line }
            line.removeLast(2)
            line.append(contentsOf: ",\"at\":\(position)}\n".utf8)
            return line
        }
    }

    func spoolEnded(_ end: AttemptEnd) {
        guard !hasEnded else { return }
        hasEnded = true
        spool.append { number in
            try? PeerLine.agent(.ended(Ended(attempt: id, sequence: number, end: end))).line()
        }
    }

    /// An end that the controller has not taken within a second is made to survive a crash of this machine.
    func syncUntold(now: Now) {
        guard hasEnded, !isSynced, !spool.isAcknowledged else { return }
        let since = endedAt ?? now.instant
        endedAt = since
        guard now.instant.seconds(since: since) >= 1 else { return }
        isSynced = true
        spool.sync()
        for path in [folder.lock, folder.path] {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { continue }
            fsync(file)
            close(file)
        }
    }

    /// What became of lines that are too long to be metrics, in words; nil where there were none.
    var longLines: String? {
        let count = tail.skippedLines
        guard count > 0 else { return nil }
        return "\(count) line\(count == 1 ? "" : "s") of over \(LineSplitter.maximumLength >> 10) KiB "
            + "\(count == 1 ? "was" : "were") not searched for metrics"
    }

    // MARK: Its process

    /// Sends a signal to the shim, which passes it on (see trial_shim.h). Never by process id alone.
    func signal(_ number: Int32) {
        if let pidfd { _ = trial_shim_pidfd_signal(pidfd, number) }
    }

    /// One of its processes would get the signal: only then is it worth waiting for what it does with it.
    func canSave(by checkpoint: CheckpointSignal) -> Bool {
        guard let shim, let number = checkpoint.caught else { return true }
        return ProcessTree.descendants(of: shim).contains { ProcessTree.catches($0, signal: number) }
    }

    /// The checkpoints from which it went on and had nothing left to do: they were made at the end of an earlier attempt, whose
    /// end and perhaps reports were lost. nil where it ended otherwise. Where trials are paused, that a checkpoint is all that
    /// was left is no news to the controller.
    func finishedCheckpoints(_ end: AttemptEnd) -> String? {
        guard end.exitCode == 0, end.stopReason == nil, end.lost == nil, !hasObjective, assignment.metric != nil,
            assignment.launch.pauses != true
        else { return nil }
        return resumedFrom
    }

    /// The trial's end in the shim's words, or in ours where the shim was killed and left none.
    func end(now: Timestamp) -> AttemptEnd {
        guard let record = exit ?? ExitRecord.read(folder) else {
            // Neither code nor signal: the attempt counts as lost, not as failed.
            return AttemptEnd(
                stopReason: stopReason, started: started, ended: now, lastLine: tail.failureLine(),
                lost: lossReason ?? "its supervisor was killed")
        }
        var end = AttemptEnd(
            exitCode: record.code, signal: record.signal,
            launchError: record.launchError(argv, directory: directory), stopReason: stopReason,
            started: record.started, ended: record.ended, peakMemory: record.peakMemory, cpuSeconds: record.cpuSeconds)
        if record.code != 0 && end.launchError == nil { end.lastLine = tail.failureLine() }
        if record.code == 0, let long = longLines { end.lastLine = long }
        // Not even 0 says that all of its output found room.
        if record.code != 75, stopReason == nil, DiskSpace.isFull(folder.path) {
            end.lost = "the disk of \(folder.path) was full"
        }
        return end
    }
}
