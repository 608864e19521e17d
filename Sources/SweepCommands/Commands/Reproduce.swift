import ArgumentParser
import Glibc
import SweepModel
import SweepWire

/// `sweep reproduce`.
struct Reproduce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a trial's code and command anew, from its record alone.",
        discussion: """
            Makes a folder with the code as it was (the commit in a worktree of the repository, or a clone of its remote, \
            and its submodules', with the uncommitted changes applied), the parameters, the list of packages, and run.sh: \
            the exact command with the environment that the sweep gave it.

            Not in a record, and so not made anew: files that git ignores, data outside the folder, untracked files of \
            more than 256 KiB (binary ones: 64 KiB), the packages themselves (requirements.txt names them), and the \
            variables of the agent's own environment.
            """)

    @Argument(help: "A trial like k3f9x2mp-12 (or 12, of the newest sweep).", completion: .sweepIDs)
    var trial: String

    @Option(help: ArgumentHelp("The folder to make. Default: the trial's id, here.", valueName: "folder"))
    var folder: String?

    @Option(
        help: ArgumentHelp("The repository. Default: where the trial ran, or else its remote.", valueName: "folder"))
    var repository: String?

    @Flag(name: .customLong("run"), help: "Run it, too.")
    var start = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let record = try await Client.connected(to: .find(common, session)) { client in
            try await TrialCopy.Record.read(trial, client, session)
        }
        let copy = TrialCopy(
            record, folder: session.path(folder ?? record.id.description), repository: repository.map(session.path))
        try copy.make(session)
        session.say("\(record.id) is in \(copy.folder)")
        if record.leftOutCount > 0 {
            session.say("what the record does not hold, and the command may need:")
            for line in record.leftOut.prefix(20) { session.say("  \(DisplayText.escape(line))") }
            if record.leftOutCount > 20 { session.say("  and \(record.leftOutCount - 20) more") }
        }
        guard start else {
            session.output.write("sh \(ShellText.quoted(copy.script))\n")
            return
        }
        // This process becomes the command: its output, its terminal and its exit code are the script's own.
        session.output.flush()
        session.talk.flush()
        let words: [String] = ["/bin/sh", copy.script]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        execv("/bin/sh", &arguments)
        throw SweepError(.failed, "/bin/sh cannot be started: \(String(cString: strerror(errno)))")
    }
}
