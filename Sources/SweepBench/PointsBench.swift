import ArgumentParser
import SweepModel
import SweepStore

/// One run of many points in a store of its own: what writing them costs, how much room they take, how long a view of 500
/// points and a full export take. Three metrics: one printed with four digits, one that was a 32-bit float, one with all
/// digits.
struct PointsBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "points", abstract: "Room and time for the points of one long run.")

    @Option(help: "The database's file, which is not there yet.")
    var file: String

    @Option(help: "Points of the run's first metric; each other has a tenth.")
    var points = 1_000_000

    func validate() throws {
        guard points >= 1000 else { throw ValidationError("--points must be 1000 or more") }
    }

    func run() throws {
        let store = try Store.open(file)
        let sweep = SweepID("bench234")
        let trial = TrialID(sweep, 1)
        let attempt = AttemptID(trial, 1)
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        try store.apply([
            .sweepInserted(SweepRecord(id: sweep, yaml: "method: random", seed: 0, created: now)),
            .trialInserted(TrialRecord(id: trial, point: 1, parameters: [], created: now)),
            .attemptInserted(
                attempt, agent: AgentID("a"), agentName: "a", host: "h", slot: "cpu 0", slotIndex: 0, at: now),
            .trialChanged(TrialProgress(id: trial, state: .running, attempt: 1)),
        ])
        let clock = ContinuousClock()
        let written = try clock.measure {
            for message in 0..<points / 1000 {
                try store.apply([.reportsAppended(attempt, sequence: message + 1, Self.reports(message))])
            }
        }
        let bytes = try store.pointBytes(of: attempt)
        var views: [Duration] = []
        for _ in 0..<5 {
            views.append(try clock.measure { _ = try store.view("loss", of: attempt, width: 500) })
        }
        var exported = 0
        let export = try clock.measure {
            var table = try TableExport(store, sweep, ExportRequest(rows: .points, metrics: ["loss"]))
            while let piece = try table.next() { exported += piece.count }
        }
        try store.close()
        print(
            ParameterValue.object([
                .init("points", .int(bytes.points)), .init("bytes_per_point", .double(bytes.perPoint)),
                .init("write_seconds", .double(written.inSeconds)),
                .init("view_milliseconds", .double((views.min() ?? .zero).inSeconds * 1000)),
                .init("export_seconds", .double(export.inSeconds)), .init("export_bytes", .int(exported)),
            ]).json())
    }

    private static func reports(_ message: Int) -> [Report] {
        (0..<1000).map { index in
            let step = message * 1000 + index
            var metrics = ["loss": Double(step * 7919 % 9973) / 10_000]
            if step.isMultiple(of: 10) {
                metrics["float"] = Double(1 / Float(step + 1))
                metrics["exact"] = 1 / Double(step + 1)
            }
            return Report(
                step: step, time: Timestamp(milliseconds: 1_700_000_000_000 + Int64(step)), metrics: metrics,
                source: "metrics file")
        }
    }
}
