import ArgumentParser
import SweepModel
import SweepWire

/// `sweep pause`.
struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start no more trials for now.")

    @Argument(help: "A sweep: its id, the beginning of it, or its name.", completion: .sweepIDs)
    var sweep: String

    @OptionGroup var steering: SteeringOptions

    func run() async throws {
        try await steering.steer(sweep) { .pause(sweep: $0) }
    }
}
