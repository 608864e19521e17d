import ArgumentParser
import SweepModel
import SweepWire

/// `sweep retry`.
struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run trials again with the same parameters.")

    @Argument(help: "A trial like k3f9x2mp-12, or with --failed a sweep.", completion: .trialIDs)
    var target: String

    @Flag(help: "All failed trials of the sweep.")
    var failed = false

    @Flag(help: "Print the trials as one JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let request: ClientRequest
            switch try await Selection.target(target, client, session) {
            case .trial(let id, _): request = .retryTrial(id)
            case .sweep(let row):
                guard failed else {
                    throw SweepError(
                        .usage, "'\(DisplayText.escape(target))' is a sweep",
                        remedy: "to run all its failed trials again: sweep retry \(row.id) --failed")
                }
                request = .retryFailed(sweep: row.id.text)
            }
            let trials = try await client.items(request, as: RetriedTrials.self).flatMap(\.trials)
            if json {
                session.output.write(
                    Documents.document([.init("trials", .list(trials.map { .string($0.description) }))]))
            } else if trials.isEmpty {
                session.say("there is no failed trial to run again")
            } else {
                for trial in trials { session.output.write("\(trial)\n") }
                session.say("\(ValueText.plural(trials.count, "trial")) will run again")
            }
        }
    }
}
