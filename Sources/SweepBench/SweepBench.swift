import ArgumentParser

/// The measurements that only a program in Swift can make. `Scripts/bench` builds and runs it, makes the others, and
/// prints them together. Each subcommand prints one JSON object.
@main
struct SweepBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "SweepBench", abstract: "Measures the engine, the store, and a controller under simulated agents.",
        subcommands: [EngineBench.self, SlotsBench.self, PointsBench.self, ParseBench.self])
}
