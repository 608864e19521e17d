import ArgumentParser
import SweepController
import SweepModel
import SweepWire

/// `sweep backup`.
struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy this home's record, checked, while everything goes on.",
        discussion: "Holds sweeps, trials, attempts and reports; not the logs in the home's runs folder.")

    @Argument(help: "The file to make (default: beside the database, named after the time).", completion: .file())
    var file: String?

    @Flag(help: "Show the backups that there are, and whether they are good.")
    var list = false

    @Flag(help: "One JSON document.")
    var json = false

    func run() async throws {
        let session = Session.current
        if list { return show(session) }
        let target = file.map { $0.hasPrefix("/") ? $0 : "\(session.directory)/\($0)" }
        let made = try Backups.make(session.home, to: target, now: session.now())
        if json {
            session.output.write(
                Documents.document([.init("backup", .string(made.path)), .init("bytes", .int(made.size))]))
        } else {
            session.output.write("\(DisplayText.escape(made.path))\n")
            session.say(
                "\(ValueText.bytes(made.size)); to go back to it: sweep restore \(DisplayText.escape(made.path))")
        }
    }

    private func show(_ session: Session) {
        let backups = Backups.all(session.home)
        if json {
            let rows = backups.map { backup in
                ParameterValue.object([
                    .init("path", .string(backup.path)), .init("bytes", .int(backup.size)),
                    .init("time", .string(TimeText.iso(backup.time))),
                    .init("problem", backup.problem.map { .string($0) } ?? .null),
                ])
            }
            session.output.write(Documents.document([.init("backups", .list(rows))]))
            return
        }
        if backups.isEmpty { session.say("there is no backup in \(session.home.path); make one: sweep backup") }
        for backup in backups {
            let state = backup.problem.map { "damaged: \($0)" } ?? "good"
            session.output.write(
                "\(DisplayText.escape(backup.path))  \(TimeText.iso(backup.time))  \(ValueText.bytes(backup.size))  "
                    + "\(DisplayText.escape(state))\n")
        }
    }
}
