import SweepModel
import SweepSearch
import SweepSpec
import SweepWire

/// A sweep's trials as its search sees them, made from what a controller tells.
struct TrialHistory {
    var sweep: SweepRow
    var spec: SweepSpec
    var rows: [TrialRow]
    /// One observation a point, in the order of suggestion.
    var history: SearchHistory
    /// The trials of each point.
    var trials: [[TrialRow]]

    /// - Throws: when the sweep's file cannot be read by this version.
    init(_ sweep: SweepRow, _ client: Client) async throws {
        let sweep = try await client.one(.show(sweep: sweep.id.text), as: SweepRow.self)
        guard let yaml = sweep.yaml, let spec = SpecParser.parse(yaml).spec else {
            throw SweepError(
                .failed, "the file of sweep \(sweep.id) cannot be read",
                remedy: "use a 'sweep' of the controller's version")
        }
        self.init(
            sweep, spec: spec, rows: try await client.trialRows(.trials(sweep: sweep.id.text, after: nil, states: nil)))
    }

    init(_ sweep: SweepRow, spec: SweepSpec, rows: [TrialRow]) {
        self.sweep = sweep
        self.spec = spec
        self.rows = rows
        let points = Dictionary(grouping: rows, by: \.point)
        trials = points.keys.sorted().map { (points[$0] ?? []).sorted { $0.number < $1.number } }
        history = SearchHistory(
            rows.map {
                TrialOutcome(
                    number: $0.number, point: $0.point, parameters: $0.params, state: $0.state, objective: $0.objective)
            }, of: spec)
    }
}
