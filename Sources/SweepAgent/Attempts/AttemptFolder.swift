import Glibc
package import SweepModel
import SweepWire

/// The folder of one attempt on the agent's machine; what is in it stands in this target's documentation.
package struct AttemptFolder: Hashable, Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// Under the agent's folder (`SweepHome.agentFolder`).
    package init(agentFolder: String, attempt: AttemptID) {
        path = "\(agentFolder)/attempts/\(attempt.trial)-\(attempt.number)"
    }

    /// What the shim is to start.
    package var launch: String { path + "/launch" }
    /// Held by the shim for its whole life; holds its process id and, in the end, its last word.
    package var lock: String { path + "/run.lock" }
    /// Everything that the trainer prints.
    package var output: String { path + "/output.log" }
    /// Which bytes of that came from standard error; written by the shim, where there are any.
    var outputErrors: String { recordFile(RecordFileName.outputErrors) }
    /// The assignment, for an agent that starts anew.
    package var assignment: String { path + "/assignment.json" }
    /// Empty: what it runs is captured, so that an agent that starts anew does not ask again.
    var captured: String { path + "/captured" }
    /// Numbered messages in the order of their numbers.
    package var spool: String { path + "/spool.jsonl" }

    package var parameters: String { path + "/params.json" }
    package var wandbParameters: String { path + "/config.yaml" }
    package var metrics: String { path + "/metrics.jsonl" }
    package var checkpoints: String { path + "/checkpoints" }
    package var artifacts: String { path + "/artifacts" }
    package var wandb: String { path + "/wandb" }

    /// A file of the record, by its name in `RecordFileName`.
    package func recordFile(_ name: String) -> String { "\(path)/\(name)" }

    /// The files that are the agent's and the shim's own; whatever else there is belongs to the trial.
    package var ownFiles: [String] {
        [
            launch, lock, output, spool, parameters, wandbParameters, metrics, assignment,
            assignment + ".new", captured,
        ] + RecordFileName.all.flatMap { [recordFile($0), recordFile($0) + ".new"] }
    }

    package var ownFolders: [String] { [checkpoints, artifacts, wandb, path] }

    /// From here on the folder is an attempt, for an agent that starts anew. Last, and whole.
    func begin(_ assignment: Assignment) throws(SweepError) {
        let aside = self.assignment + ".new"
        try DiskFile.overwrite(aside, (try? JSONCoding.encode(assignment)) ?? [])
        guard rename(aside, self.assignment) == 0 else {
            throw SweepError(
                .failed, "cannot rename \(aside): \(String(cString: strerror(errno)))", remedy: "look at its folder")
        }
    }

    /// Without its assignment the folder is no attempt any more, whatever becomes of this agent.
    func retire() { if rename(assignment, assignment + ".new") != 0 { unlink(assignment) } }

    /// There is nothing in it but what `clear` and a new attempt write over.
    var isPlain: Bool {
        let plain = [
            launch, lock, output, outputErrors, spool, parameters, wandbParameters, metrics, assignment + ".new",
        ]
        let files = Set(plain.map { $0.dropFirst(path.count + 1) })
        let names = DiskFile.names(in: path).filter { !files.contains($0[...]) }
        return Set(names) == ["checkpoints", "artifacts"]
            && [checkpoints, artifacts].allSatisfy { DiskFile.isFolder($0) && DiskFile.names(in: $0).isEmpty }
    }

    /// Removes what the next attempt must not find.
    func clear() {
        for file in [output, outputErrors, spool, metrics, captured] where unlink(file) != 0 && errno != ENOENT {
            rmdir(file)
        }
    }

    /// Removes what is the agent's; what the trial has left in its checkpoint, artifact and W&B folders stays.
    package func remove() {
        // A script may have made a folder of its metrics file.
        for file in ownFiles where unlink(file) != 0 && errno != ENOENT { rmdir(file) }
        for inner in ownFolders { rmdir(inner) }
    }
}
