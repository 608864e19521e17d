import SweepModel
import SweepWire

/// A trial whose artifacts are being fetched. It has its slot, and its folder is ready.
struct FetchingTrial {
    var assignment: Assignment
    var plan: LaunchPlan
    var inputs: [ArtifactInput]
    var since: Instant
    /// When the controller was asked which versions they are; nil: it has answered.
    var asked: Instant?
}

/// What trials are given before they start (`use_artifact`). A trial that is given nothing costs nothing.
extension Agent {
    /// Seconds of silence after which what nobody has answered is asked again.
    private static let inputPatience = 10.0
    /// Seconds in which nothing is begun after there was no room for what a trial is to be given.
    private static let roomPause = 30.0

    private var inputFolders: String { configuration.folder + "/inputs" }

    func inputFolder(_ attempt: AttemptID) -> String { "\(inputFolders)/\(attempt.trial)-\(attempt.number)" }

    /// Those of the sweep's file, then those that the agent's own environment names.
    func inputs(of assignment: Assignment) throws(SweepError) -> [ArtifactInput] {
        var inputs = assignment.launch.inputs ?? []
        if assignment.launch.environment[ArtifactInput.variable] == nil,
            let text = configuration.environment[ArtifactInput.variable]
        {
            inputs += try ArtifactInput.list(text).filter { !inputs.contains($0) }
        }
        if !inputs.isEmpty {
            try ArtifactInput.check(inputs)
            guard takesArtifacts else {
                throw SweepError(.failed, "the controller cannot give trials artifacts", remedy: "update it")
            }
        }
        return inputs
    }

    /// The trial starts once they are there.
    func fetch(_ inputs: [ArtifactInput], for assignment: Assignment, _ plan: LaunchPlan, now: Now) {
        slots[assignment.slot] = .fetching(assignment.attempt)
        fetching[assignment.attempt] = FetchingTrial(
            assignment: assignment, plan: plan, inputs: inputs, since: now.instant, asked: now.instant)
        askForInputs(assignment.attempt, now: now)
    }

    private func askForInputs(_ attempt: AttemptID, now: Now) {
        guard let trial = fetching[attempt] else { return }
        fetching[attempt]?.asked = now.instant
        send(.inputs(InputRequest(attempt: attempt, references: trial.inputs.map(\.reference))))
    }

    func received(_ answer: InputAnswer, now: Now) {
        guard let trial = fetching[answer.attempt], trial.asked != nil else { return }
        if let problem = answer.problem { return couldNotFetch(answer.attempt, problem, now: now) }
        guard answer.inputs.map(\.reference) == trial.inputs.map(\.reference) else {
            return couldNotFetch(
                answer.attempt, SweepError(.failed, "the controller names other artifacts than were asked for"),
                now: now)
        }
        fetching[answer.attempt]?.asked = nil
        contentAt = now.instant
        inputJob(
            .fetch(
                InputFetch(
                    attempt: answer.attempt, folder: inputFolder(answer.attempt),
                    inputs: zip(trial.inputs, answer.inputs).map { .init(name: $0.folder, version: $1) },
                    mayLink: configuration.rules.runAs != nil)))
    }

    func received(_ content: BlobContent, now: Now) {
        contentAt = now.instant
        inputJob(.content(content))
    }

    func take(_ step: InputStep) {
        let now = clock()
        switch step {
        case .ask(let cursors): for cursor in cursors { send(.read(cursor)) }
        case .ready(let attempt, let fetched):
            guard let trial = fetching.removeValue(forKey: attempt) else { break }
            let names = trial.inputs.map(\.reference).joined(separator: ", ")
            say("trial \(attempt.trial): \(names), \(fetched) bytes fetched")
            begin(trial.assignment, trial.plan, now: now)
        case .failed(let attempt, let error): couldNotFetch(attempt, error, now: now)
        }
        ship(now: now)
        offerSlots()
        flush()
    }

    private func couldNotFetch(_ attempt: AttemptID, _ error: SweepError, now: Now) {
        guard let trial = drop(attempt) else { return }
        guard error.category == .tryAgain else {
            return couldNotStart(trial.assignment, trial.plan.folder, error, now: now)
        }
        say("trial \(attempt.trial) is handed back: \(error.message)")
        // Else it would come again at once, and be handed back again.
        noRoomUntil = now.instant + Self.roomPause
        lookAtDisk(now: now)
        refuse(trial.assignment, trial.plan.folder, .declined(error.message, now: now), now: now)
    }

    /// It is fetched for no longer.
    @discardableResult
    func drop(_ attempt: AttemptID) -> FetchingTrial? {
        guard let trial = fetching.removeValue(forKey: attempt) else { return nil }
        free(slotOf: attempt)
        releaseInputs(of: attempt)
        return trial
    }

    func releaseInputs(of attempt: AttemptID) {
        inputDesk.cancel(attempt)
        inputJob(.release(attempt, folder: inputFolder(attempt)))
    }

    /// Its inputs are needed no more.
    func releaseInputs(of trial: HeldTrial) {
        guard trial.assignment.launch.inputs != nil || configuration.environment[ArtifactInput.variable] != nil else {
            return
        }
        releaseInputs(of: trial.id)
    }

    /// Hands back what will not be started here, and asks again for what nobody has answered.
    func reviewFetching(now: Now) {
        guard !fetching.isEmpty else { return }
        if mode != .working || hasStartedAll {
            for trial in Array(fetching.values) { handBack(trial, "the agent takes no more trials", now: now) }
        }
        guard link != nil else { return }
        for (attempt, trial) in fetching {
            if let asked = trial.asked, now.instant.seconds(since: asked) > Self.inputPatience {
                askForInputs(attempt, now: now)
            }
        }
        if now.instant.seconds(since: contentAt) > Self.inputPatience {
            contentAt = now.instant
            inputJob(.rewind)
        }
    }

    func handBack(_ trial: FetchingTrial, _ reason: String, now: Now) {
        drop(trial.assignment.attempt)
        refuse(trial.assignment, trial.plan.folder, .declined(reason, now: now), now: now)
    }

    /// A new connection: what was on its way has not come.
    func resumeFetching(now: Now) {
        for (attempt, trial) in fetching where trial.asked != nil { askForInputs(attempt, now: now) }
        guard !fetching.isEmpty else { return }
        contentAt = now.instant
        inputJob(.rewind)
    }

    /// What an earlier agent of this name has left and no trial needs.
    func tidyInputs() {
        let names = DiskFile.names(in: inputFolders)
        guard !names.isEmpty else { return }
        inputJob(.tidy(inputFolders, keeping: Set(held.keys.map { "\($0.trial)-\($0.number)" })))
    }
}

extension AttemptEnd {
    /// It never ran, and nothing is wrong with it: EX_TEMPFAIL, for a controller that does not know `declined`.
    static func declined(_ reason: String, now: Now) -> AttemptEnd {
        AttemptEnd(exitCode: 75, started: now.wall, ended: now.wall, lastLine: reason, declined: true)
    }
}
