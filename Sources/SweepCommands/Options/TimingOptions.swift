import ArgumentParser
import SweepController

/// A controller's times.
struct TimingOptions: ParsableArguments {
    @Option(help: "How often agents are to say that they live. Default: 5s.")
    var heartbeat: DurationText?

    @Option(help: "After so long a silence an attempt is lost and its trial waits again. Default: 90s.")
    var lease: DurationText?

    func validate() throws {
        if let heartbeat, !(0.1...60).contains(heartbeat.seconds) {
            throw ValidationError("--heartbeat is from 0.1s to 60s")
        }
        if let lease, !(0.5...86_400).contains(lease.seconds) { throw ValidationError("--lease is from 0.5s to 1d") }
        guard (lease?.seconds ?? 90) >= 2 * (heartbeat?.seconds ?? 5) else {
            throw ValidationError("--lease must be at least twice --heartbeat, or every hiccup costs a trial")
        }
    }

    func apply(to configuration: inout ControllerConfiguration) {
        configuration.setTimes(heartbeat: heartbeat?.seconds, lease: lease?.seconds)
    }

    /// The same options as arguments.
    var arguments: [String] {
        (heartbeat.map { ["--heartbeat", "\($0.seconds)"] } ?? []) + (lease.map { ["--lease", "\($0.seconds)"] } ?? [])
    }
}
