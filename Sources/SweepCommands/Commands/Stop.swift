import ArgumentParser
import SweepModel
import SweepWire

/// `sweep stop`.
struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a sweep softly: running trials finish.")

    @Argument(help: "A sweep: its id, the beginning of it, or its name.", completion: .sweepIDs)
    var sweep: String

    @OptionGroup var steering: SteeringOptions

    func run() async throws {
        try await steering.steer(sweep) { .stop(sweep: $0) }
    }
}
