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

    /// What was started, for the record and for errors.
    var argv: [String] = []
    var directory = ""
    var started: Timestamp
    /// On this process's clock; of an adopted trial, when its wall-clock start puts it there.
    var startedAt: Instant

    /// The shim's, while it lives.
    var pidfd: Int32?
    /// The shim is alive, as far as is known.
    var isAlive: Bool
    /// The shim is gone, and its output is being read to the end.
    var isDraining = false
    /// The shim's last word, once it is read.
    var exit: ExitRecord?
    /// `ended` has its number.
    var hasEnded = false
    /// When `ended` got its number, as far as `syncUntold` has seen.
    private var endedAt: Instant?
    private var isSynced = false
    /// When everything numbered was acknowledged, after the end.
    var settledAt: Instant?

    var ladder: StopLadder?
    var stopReason: StopReason?
    /// Handed back by this agent: its end is no end of the trial.
    var isPreempted = false

    var id: AttemptID { assignment.attempt }

    init(_ assignment: Assignment, _ folder: AttemptFolder, isAlive: Bool, now: Now) {
        self.assignment = assignment
        self.folder = folder
        self.isAlive = isAlive
        started = now.wall
        startedAt = now.instant
        spool = Spool(path: folder.spool)
        let last = spool.last { $0.starts(with: Self.reportStart) }
        tail = OutputTail(folder, offsets: last.map(Self.offsets) ?? [:], objective: assignment.metric)
    }

    deinit { if let pidfd { close(pidfd) } }

    private static let reportStart = Array(#"{"kind":"report""#.utf8)

    /// How far the output was read when a spooled report was made: the member `at`, which only this agent reads.
    private static func offsets(_ line: [UInt8]) -> [MetricStream: Int] {
        guard let value = try? JSONParser.parse(line), case .list(let items)? = value["at"], items.count == 2,
            case .int(let output) = items[0], case .int(let metrics) = items[1], output >= 0, metrics >= 0
        else { return [:] }
        return [.output: output, .metricsFile: metrics]
    }

    // MARK: Numbered messages

    func spoolStarted(pid: Int32) {
        spool.append { number in
            let message = Started(
                attempt: id, sequence: number, argv: argv, directory: directory, pid: Int(pid), time: started)
            return try? PeerLine.agent(.started(message)).line()
        }
    }

    /// In batches that stay far below the length of a wire line.
    func spoolReports(_ reports: [Report]) {
        var batch: [Report] = []
        var size = 0
        for report in reports {
            let bytes = report.metrics.reduce(64) { $0 + $1.key.utf8.count * 2 + 30 }
            if !batch.isEmpty, size + bytes > 128 << 10 || batch.count >= 1000 {
                spoolBatch(batch)
                (batch, size) = ([], 0)
            }
            batch.append(report)
            size += bytes
        }
        if !batch.isEmpty { spoolBatch(batch) }
    }

    private func spoolBatch(_ reports: [Report]) {
        let position = tail.position
        spool.append(isEssential: false) { number in
            let message = PeerLine.agent(.report(Reports(attempt: id, sequence: number, reports: reports)))
            guard var line = try? message.line() else { return nil }
            line.removeLast(2)
            line.append(contentsOf: ",\"at\":[\(position[0]),\(position[1])]}\n".utf8)
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
        for path in [folder.exit, folder.path] {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { continue }
            fsync(file)
            close(file)
        }
    }

    // MARK: Its process

    /// Sends a signal to the shim, which passes it on (see trial_shim.h). Never by process id alone.
    func signal(_ number: Int32) {
        if let pidfd { _ = trial_shim_pidfd_signal(pidfd, number) }
    }

    /// The trial's end in the shim's words, or in ours where the shim was killed and left none.
    func end(now: Timestamp) -> AttemptEnd {
        guard let record = exit ?? ExitRecord.read(folder) else {
            // Neither code nor signal: the attempt counts as lost, not as failed.
            return AttemptEnd(stopReason: stopReason, started: started, ended: now, lastLine: tail.failureLine())
        }
        var end = AttemptEnd(
            exitCode: record.code, signal: record.signal,
            launchError: record.launchError(argv, directory: directory), stopReason: stopReason,
            started: record.started, ended: record.ended, peakMemory: record.peakMemory, cpuSeconds: record.cpuSeconds)
        if record.code != 0 && end.launchError == nil { end.lastLine = tail.failureLine() }
        return end
    }
}
