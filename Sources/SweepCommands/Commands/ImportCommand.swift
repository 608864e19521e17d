import ArgumentParser
import SweepModel
import SweepWire

/// `sweep import`.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over runs from elsewhere, for a search to learn from.",
        discussion: """
            W&B's offline folders (wandb/offline-run-…), TensorBoard folders (a folder a run), Optuna's journal files and \
            SQLite storages become the trials of a sweep that is over. A new one learns from them:
              sweep import wandb --metric val_loss
              sweep create config.yaml --prior ID
            """)

    @Argument(help: "Folders and files.", completion: .file())
    var paths: [String]

    @Option(help: ArgumentHelp("The objective. Default: Optuna's value; otherwise none.", valueName: "name"))
    var metric: String?

    @Option(help: ArgumentHelp("minimize or maximize. Default: Optuna's direction, or minimize.", valueName: "goal"))
    var goal: Objective.Goal?

    @Option(help: "The new sweep's name.")
    var name: String?

    @Option(help: ArgumentHelp("Which of several studies of Optuna.", valueName: "name"))
    var study: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        var found = ImportedRuns()
        for path in paths { try found.add(session.path(path), study: study) }
        guard !found.runs.isEmpty else {
            throw SweepError(
                .notFound, "no run was found in \(paths.map { DisplayText.escape($0) }.joined(separator: ", "))",
                remedy: "W&B: *.wandb; TensorBoard: *tfevents*; Optuna: a journal file or an SQLite storage")
        }
        let objective = metric.map { Objective(metric: $0, goal: goal ?? .minimize) } ?? found.objective
        if let objective, metric != nil, !found.runs.contains(where: { $0.last[objective.metric] != nil }) {
            throw SweepError(
                .usage, "no run has a metric '\(DisplayText.escape(objective.metric))'",
                remedy:
                    "there are \(found.metricNames.prefix(20).map { DisplayText.escape($0) }.joined(separator: ", "))")
        }
        let runs = found.runs
        let address = try await LocalController(common: common, session: session).ensure()
        try await Client.connected(to: address) { client in
            let yaml = ImportedFile.yaml(runs, objective: objective)
            let created = try await client.one(
                .importSweep(yaml: yaml, name: name ?? found.name), as: CreatedSweep.self)
            var points = 0
            for (index, run) in runs.enumerated() {
                let trial = run.trial(number: index + 1, objective: objective)
                try await client.perform(.importTrial(sweep: created.id, trial))
                var sequence = 0
                for page in run.pages {
                    sequence += 1
                    points += page.reduce(0) { $0 + $1.metrics.count }
                    try await client.perform(
                        .importReports(TrialID(created.id, index + 1), sequence: sequence, page))
                }
            }
            try await client.perform(.importEnd(sweep: created.id))
            session.output.write("\(created.id)\n")
            let goal =
                objective.map { ", objective \(DisplayText.escape($0.metric))" }
                ?? ", without an objective: --metric NAME"
            session.say(
                "\(ValueText.plural(runs.count, "trial")), \(ValueText.plural(points, "point"))\(goal); "
                    + "sweep create FILE.yaml --prior \(created.id)")
        }
    }
}

extension Objective.Goal: ExpressibleByArgument {}
