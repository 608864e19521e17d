import Subprocess
import SweepModel

/// Delivers one alert to one target, once.
struct AlertSender: Sendable {
    enum Outcome: Hashable, Sendable {
        case told
        /// It may go better later: after so many seconds, where the other side says when.
        case again(String, after: Double? = nil)
        /// No further try would change it.
        case refused(String)
    }

    /// Seconds for a command.
    var commandTime = 30.0
    var client = WebhookClient()
    /// Whether commands may be run on this machine.
    var mayRun: Bool
    /// The controller's own.
    var environment: [String: String]
    /// Of the controller, for a command that asks it something.
    var home = ""

    func send(_ message: AlertMessage, to way: NotifyTarget.Way) async -> Outcome {
        switch way {
        case .command(let words): mayRun ? await run(words, message) : .refused(Self.noCommands)
        case .webhook(let text, let format): await post(text, format, message)
        }
    }

    static let noCommands =
        "this controller listens beyond its own machine and runs no commands of sweep files (--notify-commands allows it)"

    // MARK: Webhooks

    private func post(_ text: String, _ format: NotifyTarget.Format, _ message: AlertMessage) async -> Outcome {
        let resolved: String
        if let name = NotifyTarget.variable(text) {
            guard let value = environment[name], !value.isEmpty else {
                return .refused("the controller has no environment variable \(name)")
            }
            resolved = value
        } else {
            resolved = text
        }
        guard let address = WebAddress(resolved) else { return .refused("its address is none of http or https") }
        do throws(WebhookClient.Failure) {
            let answer = try await client.post(
                address, format == .slack ? message.slack : message.json, type: "application/json")
            switch answer.status {
            case 200..<300: return .told
            case 408, 425, 429, 500...: return .again("HTTP status \(answer.status)", after: answer.retryAfter)
            default: return .refused("HTTP status \(answer.status)")
            }
        } catch {
            return .again(error.reason)
        }
    }

    // MARK: Commands

    private func run(_ words: [String], _ message: AlertMessage) async -> Outcome {
        await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await start(words, message) }
            group.addTask {
                try? await Task.sleep(for: .seconds(commandTime))
                return .again("it took longer than \(Int(commandTime)) s and was ended")
            }
            let first = await group.next() ?? .again("nothing is known of it")
            // The other one: the program is ended with its task, and whatever it has started.
            group.cancelAll()
            return first
        }
    }

    private func start(_ words: [String], _ message: AlertMessage) async -> Outcome {
        var variables: [Environment.Key: String] = [:]
        // The controller's own settings and secrets are not the command's.
        for (name, value) in environment where !name.hasPrefix("SWEEP_") {
            variables[Environment.Key(stringLiteral: name)] = value
        }
        variables["SWEEP_HOME"] = home
        for (name, value) in message.variables { variables[Environment.Key(stringLiteral: name)] = value }
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
        do {
            // By env(1), which takes a path as well as a name.
            let result = try await Subprocess.run(
                .name("env"), arguments: Arguments(words), environment: .custom(variables),
                platformOptions: options, output: .discarded, error: .discarded)
            switch result.terminationStatus {
            case .exited(0): return .told
            case .exited(let code) where code == 126 || code == 127: return .refused("it cannot be started (\(code))")
            case .exited(let code): return .again("exit code \(code)")
            case .signaled(let number): return .again("signal \(number)")
            }
        } catch {
            return .again("it could not be run")
        }
    }
}
