import ArgumentParser

@main
struct SweepFaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Breaks things around a controller and its agents, and checks that nothing is lost, doubled or left over.",
        subcommands: [RunCases.self, Kills.self, Outages.self, Baseline.self, Day.self, Storm.self],
        defaultSubcommand: RunCases.self)
}
