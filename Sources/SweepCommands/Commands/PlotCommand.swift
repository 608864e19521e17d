import ArgumentParser
import SweepModel
import SweepSearch
import SweepSpec
import SweepWire

/// `sweep plot`.
struct PlotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot", abstract: "Draw a chart of a sweep, in the terminal or as SVG.",
        discussion: """
            history: values and the best so far. importance: what matters. curves: the best trials' learning curves. \
            parallel: parameters together. slice: the objective against --param. edf: the distribution of values. slots: \
            what ran where and when.
            """)

    @Argument(help: "\(SweepCharts.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var chart: SweepCharts.Kind = .history

    @Argument(help: "A sweep: its id, the beginning of it, or its name. Default: the newest.", completion: .sweepIDs)
    var sweep: String?

    @Option(help: ArgumentHelp("The parameter of a slice. Default: the one that matters most.", valueName: "name"))
    var param: String?

    @Flag(help: "A logarithmic scale for the objective (history, curves).")
    var log = false

    @Option(
        name: [.short, .long], help: ArgumentHelp("Write an SVG file instead; '-' prints it.", valueName: "file.svg"),
        completion: .file(extensions: ["svg"]))
    var output: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let output, output != "-", !output.hasSuffix(".svg") { throw ValidationError("--output ends with .svg") }
        if param != nil, chart != .slice { throw ValidationError("--param belongs to 'sweep plot slice'") }
    }

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let known = try await TrialHistory(try await Selection.sweep(sweep, client, session), client)
            let drawn = try await draw(known, client, now: session.now())
            switch output {
            case nil:
                let size = session.output.terminal
                for line in ChartBlocks(drawn, columns: (size?.columns ?? 100) - 1, rows: 22).lines {
                    session.output.write(line + "\n")
                }
            case "-"?: session.output.write(ChartSVG(drawn).text + "\n")
            case let path?:
                try FileWriter.write(ChartSVG(drawn).text + "\n", to: path)
                session.say("written: \(DisplayText.escape(path))")
            }
        }
    }

    private func draw(_ known: TrialHistory, _ client: Client, now: Timestamp) async throws -> Chart {
        let charts = SweepCharts(known)
        switch chart {
        case .history: return charts.history(isLog: log)
        case .importance:
            return charts.importance(try Importance(space: known.spec.space, history: known.history))
        case .curves:
            var curves: [(trial: TrialRow, reports: [Report])] = []
            for row in charts.ranked.prefix(8) {
                curves.append((row, try await client.items(.reports(row.id, attempt: nil), as: Report.self)))
            }
            return charts.curves(curves, isLog: log)
        case .parallel: return charts.parallel()
        case .slice:
            let first = (try? Importance(space: known.spec.space, history: known.history))?.shares.max {
                $0.share < $1.share
            }
            return try charts.slice(param ?? first?.name ?? known.spec.space.parameters.first?.name ?? "")
        case .edf: return charts.edf()
        case .slots: return charts.slots(now: now)
        }
    }
}

extension SweepCharts.Kind: ExpressibleByArgument {}
