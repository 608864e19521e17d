import ArgumentParser
import SweepController
import SweepModel
import SweepWire

/// `sweep restore`.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in the place of this home's record.",
        discussion: """
            The controller must have ended ('sweep controller stop'). What stood there is kept beside it. Trials that ran since
            the backup are run again; agents drop what the record no longer knows.
            """)

    @Argument(help: "The backup (default: the newest good one).", completion: .file())
    var file: String?

    func run() async throws {
        let session = Session.current
        let source = file.map { $0.hasPrefix("/") ? $0 : "\(session.directory)/\($0)" }
        let (backup, kept) = try Backups.restore(session.home, from: source, now: session.now())
        session.say("restored \(DisplayText.escape(backup))")
        if let kept { session.say("what was there is now \(DisplayText.escape(kept))") }
    }
}
