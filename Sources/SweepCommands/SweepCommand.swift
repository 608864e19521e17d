package import ArgumentParser
import SweepWire

/// The command line's root.
package struct SweepCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Hyperparameter sweeps on your own machines.",
        discussion: """
            Three commands:
              sweep create config.yaml
              agent                       one for each GPU: agent --gpu 0
              sweep leaderboard
            All in one:
              sweep run config.yaml

            Exit codes: 0 done, 1 failed, 3 no trial succeeded, 64 wrong use or file,
            69 no controller, 75 try again, 77 not allowed, 124 timeout, 130 Ctrl-C.
            """,
        version: "sweep \(SweepBuild.version)",
        groupedSubcommands: [
            CommandGroup(
                name: "Start", subcommands: [Init.self, Check.self, Create.self, Run.self, ImportCommand.self]),
            CommandGroup(
                name: "Look",
                subcommands: [
                    List.self, Show.self, LeaderboardCommand.self, Trials.self, Explain.self, ProgressCommand.self,
                    ImportanceCommand.self, Logs.self, Diff.self, Compare.self, QueryCommand.self, Export.self,
                    Wait.self,
                    Agents.self, Reproduce.self,
                    Dashboard.self, Open.self,
                ]),
            CommandGroup(
                name: "Steer",
                subcommands: [
                    Edit.self, Pause.self, Resume.self, Stop.self, Cancel.self, Retry.self, Delete.self, Release.self,
                ]),
            CommandGroup(
                name: "Keep",
                subcommands: [
                    Note.self, Tag.self, Star.self, AlertCommand.self, ArtifactCommand.self, ReportCommand.self,
                    PlotCommand.self,
                ]),
            CommandGroup(name: "Machines", subcommands: [Join.self, Login.self, Logout.self, TokenCommand.self]),
            CommandGroup(name: "Try", subcommands: [Simulate.self, AskTell.self]),
            CommandGroup(
                name: "Other",
                subcommands: [ControllerCommand.self, Backup.self, Restore.self, Doctor.self, Completion.self]),
        ])

    package init() {}
}
