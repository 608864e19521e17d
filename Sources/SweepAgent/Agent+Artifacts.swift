import SweepModel
import SweepRecord
import SweepWire

/// What ended trials have left, on its way to the controller. A trial that has left nothing costs one look at a folder, after
/// its slot was offered again.
extension Agent {
    /// The trial has ended: what it has left is read, beside everything else.
    func lookForArtifacts(of trial: HeldTrial) {
        guard readsArtifacts, !trial.isPreempted, trial.stopReason != .fenced, trial.artifacts == nil else { return }
        let runs = trial.tail.files.paths(of: WandbFileSource.name)
        guard !runs.isEmpty || !DiskFile.names(in: trial.folder.artifacts).isEmpty else { return }
        trial.artifacts = ArtifactUpload()
        let owner = configuration.rules.runAs?.user
        artifactJob(.read(trial.id, ArtifactPlaces(folder: trial.folder, wandb: runs, owner: owner)))
    }

    func readArtifacts(of attempt: AttemptID, _ artifacts: [LeftArtifact], problems: [String]) {
        guard let trial = held[attempt], let upload = trial.artifacts, upload.phase == .reading else { return }
        for problem in problems { say("trial \(attempt.trial): \(problem)") }
        upload.begin(artifacts)
        moveOn(trial)
    }

    /// The controller has them, and the files are gone.
    func removedArtifacts(of attempt: AttemptID) {
        guard let trial = held[attempt], let upload = trial.artifacts else { return }
        upload.settle()
        moveOn(trial)
    }

    func received(_ progress: ArtifactProgress) {
        guard let attempt = progress.attempt, let trial = held[attempt], let upload = trial.artifacts else { return }
        upload.take(progress)
        if let version = progress.version, configuration.isVerbose {
            say("trial \(attempt.trial): artifact '\(progress.name)' is kept as v\(version)")
        }
        trial.settledAt = clock().instant
        moveOn(trial)
    }

    func received(_ kept: BlobKept) {
        let now = clock().instant
        for trial in held.values {
            guard let upload = trial.artifacts else { continue }
            logPace.acknowledged(trial.id, file: Self.paceName(kept.digest), to: kept.offset, now: now)
            upload.take(kept)
            // The controller takes it, so there is reason to wait on.
            if trial.settledAt != nil { trial.settledAt = now }
            moveOn(trial)
        }
    }

    private func moveOn(_ trial: HeldTrial) {
        guard let upload = trial.artifacts else { return }
        for complaint in upload.takeComplaints() { say("trial \(trial.id.trial): \(complaint)") }
        if let kept = upload.finish() { artifactJob(.remove(trial.id, kept)) }
        let now = clock()
        ship(now: now)
        settle(trial, now: now)
        flush()
    }

    private static func paceName(_ digest: String) -> String { "blob " + digest }

    /// As much as the pace allows, after the logs.
    func shipArtifacts(of trial: HeldTrial, now: Now) {
        guard takesArtifacts, let upload = trial.artifacts else { return }
        while outbox.count < 1 << 20, logPace.hasRoom,
            let next = upload.next(trial.id, most: logPace.largePiece, now: now.instant)
        {
            let before = outbox.count
            send(next.message)
            guard let digest = next.digest else { continue }
            logPace.sent(
                trial.id, file: Self.paceName(digest), to: next.end, bytes: outbox.count - before, now: now.instant)
        }
        for complaint in upload.takeComplaints() { say("trial \(trial.id.trial): \(complaint)") }
    }
}
