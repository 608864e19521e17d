import Glibc
import SweepModel
import SweepWire

/// The files in which trials leave metrics: found where they are created, below the attempt's own folder or the trial's
/// working directory, and given to the trial that writes them.
extension Agent {
    /// Seconds in which a file in a folder of several trials is to be found open in the processes of one of them.
    static let claimTime = 5.0
    /// Seconds between two listings where the system has no inotify.
    static let scanInterval = 5.0

    /// A trial has started: its record begins, beside the trial.
    func beginRecord(of trial: HeldTrial, _ plan: LaunchPlan) {
        watchFiles(of: trial)
        beginCapture(of: trial, plan)
    }

    /// An earlier agent was killed before it had captured what the trial runs: that is asked now, in its folder of now.
    func captureAnew(_ trial: HeldTrial) {
        // One that never ran has nothing to be captured.
        guard capturesRuns, !(trial.hasEnded && trial.argv.isEmpty),
            case .missing = FileLookup.disk.kind(trial.folder.captured)
        else {
            trial.isCaptureNoted = true
            return
        }
        let context = launchContext(trial.assignment, trial.folder)
        // What it was started with may be gone since.
        guard var plan = try? LaunchPlan.make(trial.assignment, context) else { return }
        if !trial.argv.isEmpty { (plan.argv, plan.directory) = (trial.argv, trial.directory) }
        beginCapture(of: trial, plan)
    }

    private func beginCapture(of trial: HeldTrial, _ plan: LaunchPlan) {
        guard capturesRuns else { return }
        trial.isCaptured = false
        let gpus = configuration.slots[primary(of: trial.assignment.slot)].info.gpus
        capture(CaptureJob(assignment: trial.assignment, plan: plan, gpus: gpus, started: trial.started))
    }

    /// What it runs is known.
    func captured(_ attempt: AttemptID, _ files: [CapturedFile]) {
        guard let trial = held[attempt] else { return }
        trial.record.take(files)
        trial.isCaptured = true
        guard trial.hasEnded else { return }
        let now = clock()
        ship(now: now)
        settle(trial, now: now)
        flush()
    }

    func offerMLflow(at base: String?) { mlflowBase = base }

    package func beginCapturing() { (capturesRuns, readsArtifacts) = (true, true) }

    func sampled(_ samples: [SystemSampler.Sample]) {
        for sample in samples {
            guard let trial = held[sample.attempt], trial.isAlive else { continue }
            let slot = primary(of: trial.assignment.slot)
            for (name, degrees) in sample.values where name.hasPrefix("system.gpu.") && name.hasSuffix(".temp") {
                heat[slot] = max(heat[slot] ?? degrees, degrees)
            }
            if let line = trial.thinning.add(sample.values, time: sample.time) { trial.record.append(system: line) }
        }
    }

    /// What is told with a heartbeat.
    func takeHeat() -> [SlotHeat] {
        defer { heat = [:] }
        return heat.sorted { $0.key < $1.key }.map { SlotHeat(slot: $0.key, degrees: $0.value) }
    }

    /// What the trial has logged through MLflow.
    func takeLogged(of trial: HeldTrial, now: Now) {
        let content = mlflow.take(trial.id)
        guard !content.readings.isEmpty || !content.details.isEmpty else { return }
        trial.take(trial.tail.take(content.readings, content.details, of: "mlflow", time: now.wall))
    }

    func watchFiles(of trial: HeldTrial) {
        mlflow.open(trial.id)
        if let shim = trial.shim {
            let slot = configuration.slots[primary(of: trial.assignment.slot)]
            let isNvidia = slot.devices.vendor == .nvidia && !slot.devices.entries.isEmpty
            sampler.begin(
                SystemSampler.Target(
                    attempt: trial.id, process: shim, gpus: isNvidia ? slot.info.gpus.map(\.index) : []))
        }
        if !trial.directory.isEmpty { recordFiles.watch(trial.directory, isTemporary: false) }
    }

    /// A trial that is over in no time is looked through once, at its end.
    private func watchFolder(of trial: HeldTrial) {
        guard !trial.isWatched, trial.isAlive else { return }
        trial.isWatched = true
        // Its own files come before those of a folder that others share.
        recordFiles.look(through: trial.folder.path)
        recordFiles.watch(trial.folder.path, isTemporary: true)
    }

    /// What is only in memory of a trial that lives, or that the controller does not take, is to outlive this process.
    func keepRecord(of trial: HeldTrial, now: Now) {
        guard now.instant.seconds(since: trial.startedAt) > (trial.isAlive ? 0.2 : 1) else { return }
        trial.record.keep(now: now.instant)
        guard capturesRuns, trial.isCaptured, !trial.isCaptureNoted, trial.record.isKept else { return }
        trial.isCaptureNoted = (try? DiskFile.write(trial.folder.captured, [])) != nil
    }

    func findFiles(now: Now) {
        for trial in held.values { watchFolder(of: trial) }
        if lastScan.map({ now.instant.seconds(since: $0) >= Self.scanInterval }) ?? true {
            lastScan = now.instant
            if !held.isEmpty { recordFiles.rescan() }
        }
        for path in recordFiles.poll() { found(path, now: now) }
        unplaced.removeAll { place($0.path, isLast: now.instant.seconds(since: $0.since) > Self.claimTime) }
    }

    /// A trial has ended: what it has written in its last moments.
    func findLastFiles(of trial: HeldTrial, now: Now) {
        if !trial.isWatched { recordFiles.look(through: trial.folder.path) }
        recordFiles.settle()
        for path in recordFiles.poll() { found(path, now: now) }
        unplaced.removeAll { place($0.path, isLast: users(of: $0.path).map(\.id) == [trial.id]) }
    }

    private func found(_ path: String, now: Now) {
        for trial in held.values where path.isAtOrBelow(trial.folder.path) {
            // Not where a link in the trial's folder leads.
            let place = String(path.dropFirst(trial.folder.path.count + 1))
            guard (try? OfferedFile.open(place, in: trial.folder.path)) != nil else { return }
            if trial.isAlive || trial.isDraining { trial.tail.files.add(path) }
            return
        }
        // Other attempts' folders, where the agents' home lies below the working directory.
        if path.isAtOrBelow(configuration.folder) { return }
        if unplaced.count < 1000, !unplaced.contains(where: { $0.path == path }) {
            unplaced.append((path, now.instant))
        }
    }

    /// Trials that may have written it: those that work above it and began before its last change.
    private func users(of path: String) -> [HeldTrial] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        let changed = Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
        return held.values.filter { trial in
            (trial.isAlive || trial.isDraining) && path.isAtOrBelow(trial.directory)
                // A file's times are those of the kernel's last tick.
                && trial.started.milliseconds <= changed + 20
        }
    }

    /// Gives it to the trial whose processes have it open; to the only trial there is, else. True when that is settled.
    private func place(_ path: String, isLast: Bool) -> Bool {
        let users = users(of: path)
        if users.isEmpty || users.contains(where: { $0.tail.files.contains(path) }) { return true }
        for trial in users {
            guard let shim = trial.shim, trial.isAlive else { continue }
            if ProcessTree.holds(ProcessTree.descendants(of: shim), file: path) {
                trial.tail.files.add(path)
                return true
            }
        }
        if users.count == 1, let only = users.first,
            !Neighbours.work(in: only.directory, besides: configuration.folder)
        {
            only.tail.files.add(path)
            return true
        }
        if isLast, let trial = users.first, !trial.hasComplained {
            trial.hasComplained = true
            say(
                "cannot tell which of the trials in \(trial.directory) has written \(path): left out. Give each its own "
                    + "folder (for example with $SWEEP_ARTIFACTS_DIR), and its metrics are read")
        }
        return isLast
    }
}
