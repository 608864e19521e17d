import ArgumentParser
import Glibc
package import SweepModel

/// Runs one command line to its exit code.
package enum EntryPoint {
    /// - Returns: 0, or the exit code of `SweepError.exitCode`; 64 for wrong use.
    package static func run(_ arguments: [String], _ session: Session = .ofProcess()) async -> Int32 {
        let code = await Session.$current.withValue(session) { await execute(arguments, session) }
        session.output.flush()
        session.talk.flush()
        return code
    }

    private static func execute(_ arguments: [String], _ session: Session) async -> Int32 {
        do {
            if let error = unknownCommand(arguments) { throw error }
            var command = try SweepCommand.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return report(error, session)
        }
    }

    /// Says what went wrong, on standard error.
    static func report(_ error: any Error, _ session: Session) -> Int32 {
        switch error {
        case let code as ExitCode: return code.rawValue
        case let error as SweepError:
            say(error, session)
            return error.exitCode
        case is CancellationError: return 130
        default:
            let code = SweepCommand.exitCode(for: error).rawValue
            let text = SweepCommand.fullMessage(for: error)
            if code == 0 {
                session.output.write(text + "\n")
            } else if text.hasPrefix("Error: ") {
                session.say("error: " + text.dropFirst("Error: ".count))
            } else {
                session.say(text.isEmpty ? "error: \(error)" : text)
            }
            return code
        }
    }

    package static func say(_ error: SweepError, _ session: Session) {
        let style = Style(.auto, terminal: session.talk.terminal, environment: session.environment)
        session.say("\(style.paint("error:", .red)) \(error.message)")
        if let remedy = error.remedy { session.say("\(style.paint("help:", .cyan)) \(remedy)") }
    }

    /// The error for a first word that is no command; nil when it is one, or an option.
    static func unknownCommand(_ arguments: [String]) -> SweepError? {
        guard let word = arguments.first, !word.hasPrefix("-") else { return nil }
        let names = SweepCommand.configuration.subcommands.flatMap { [$0._commandName] + $0.configuration.aliases }
        guard !names.contains(word), word != "help" else { return nil }
        let message = "no command '\(DisplayText.escape(String(word.prefix(60))))'"
        guard let close = Spelling.closest(to: word, among: names) else {
            return SweepError(.usage, message, remedy: "'sweep --help' lists the commands")
        }
        return SweepError(.usage, message, remedy: "did you mean 'sweep \(close)'?")
    }
}
