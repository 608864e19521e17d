import ArgumentParser
import SweepModel
import SweepWire

/// `sweep resume`.
struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start trials again.")

    @Argument(help: "A sweep: its id, the beginning of it, or its name.", completion: .sweepIDs)
    var sweep: String

    @OptionGroup var steering: SteeringOptions

    func run() async throws {
        try await steering.steer(sweep) { .resume(sweep: $0) }
    }
}
