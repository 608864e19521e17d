import SweepModel
import SweepSearch
import SweepSpec
import SweepWire

/// All that a report says of a sweep, apart from how it is written.
package struct SweepReport: Sendable {
    /// A state of the code that trials ran with.
    package struct Code: Hashable, Sendable {
        package var commit: String?
        package var remote: String?
        /// There are changes that no commit has.
        package var isChanged: Bool

        /// Where a browser shows the commit; nil for hosts whose addresses are not known.
        package var link: String? {
            guard let commit, commit.count >= 7, commit.allSatisfy(\.isHexDigit), var place = remote else { return nil }
            if place.hasPrefix("git@") {
                place = "https://" + place.dropFirst(4).replacing(":", with: "/", maxReplacements: 1)
            }
            if place.hasSuffix(".git") { place.removeLast(4) }
            guard place.hasPrefix("https://"), !place.contains("@"), !place.contains(where: \.isWhitespace) else {
                return nil
            }
            return place.hasPrefix("https://gitlab") ? "\(place)/-/commit/\(commit)" : "\(place)/commit/\(commit)"
        }
    }

    static let mostBest = 10
    static let mostCurves = 5

    let known: TrialHistory
    let charts: SweepCharts
    let importance: Importance?
    let progress: Progress
    let curves: [(trial: TrialRow, reports: [Report])]
    let remarks: [RemarkRow]
    let code: [Code]
    /// How the best trial was started: its folder and its arguments.
    let command: (directory: String?, arguments: [String])?
    let now: Timestamp

    var sweep: SweepRow { known.sweep }
    var spec: SweepSpec { known.spec }
    var best: [TrialRow] { Array(charts.ranked.prefix(Self.mostBest)) }
    var metric: String { sweep.metric ?? "objective" }

    init(_ sweep: SweepRow, _ client: Client, now: Timestamp) async throws {
        known = try await TrialHistory(sweep, client)
        charts = SweepCharts(known)
        importance = try? Importance(space: known.spec.space, history: known.history)
        progress = Progress(
            problem: known.spec.searchProblem(seed: known.spec.seed ?? 0), history: known.history,
            trials: known.sweep.ended == nil ? 20 : 0,
            isModelled: !["random", "sobol", "grid"].contains(known.spec.method))
        let best = Array(charts.ranked.prefix(Self.mostBest))
        var curves: [(trial: TrialRow, reports: [Report])] = []
        for row in best.prefix(Self.mostCurves) {
            let reports = try await client.items(.reports(row.id, attempt: nil), as: Report.self)
            if reports.count > 1 { curves.append((row, reports)) }
        }
        self.curves = curves
        remarks = try await client.items(.remarks(sweep: sweep.id.text), as: RemarkRow.self)
        var code: [Code] = []
        for row in best {
            if let state = try await Self.code(of: row.id, client), !code.contains(state) { code.append(state) }
        }
        self.code = code
        let attempts = try await best.first.asyncMap { try await client.trial($0.id).attempts } ?? []
        command = attempts.last.flatMap { attempt in attempt.argv.map { (attempt.directory, $0) } }
        self.now = now
    }

    private static func code(of trial: TrialID, _ client: Client) async throws -> Code? {
        var bytes: [UInt8] = []
        do {
            try await client.stream(.recordFile(trial, attempt: nil, name: RecordFileName.overview)) { item in
                bytes += try JSONCoding.decode(LogPiece.self, from: item).bytes
            }
        } catch let error as SweepError where [.notFound, .conflict, .usage].contains(error.category) {
            return nil
        }
        guard let code = (try? JSONParser.parse(bytes))?["code"] else { return nil }
        return Code(
            commit: code["commit"]?.string, remote: code["remote"]?.string, isChanged: code["patch"]?.number ?? 0 > 0)
    }

    // MARK: Facts in words

    var title: String { sweep.name ?? sweep.id.text }

    var trialCounts: String {
        let order: [TrialState] = [.completed, .pruned, .failed, .cancelled, .running, .assigned, .waiting]
        let parts = order.compactMap { state in sweep.counts[state.rawValue].map { "\($0) \(state.rawValue)" } }
        return parts.isEmpty ? "none yet" : parts.joined(separator: ", ")
    }

    /// Of all attempts' slots, from each trial's start to its end.
    var seconds: Double { known.rows.reduce(0) { $0 + (Self.seconds($1, now) ?? 0) } }

    static func seconds(_ row: TrialRow, _ now: Timestamp) -> Double? {
        row.started.map { max(0, (row.ended ?? now).seconds(since: $0)) }
    }

    var cost: String {
        let gpus = spec.launch.gpus ?? 0
        let hours = seconds / 3600
        let trials = known.rows.count { $0.started != nil }
        guard trials > 0 else { return "nothing yet" }
        let total =
            gpus > 0 ? "\(ValueText.number(hours * Double(gpus))) GPU-hours" : "\(ValueText.number(hours)) slot-hours"
        return "\(total), \(TimeText.duration(seconds / Double(trials))) a trial"
    }

    /// Mean and standard error over the repeats of a trial's point; nil where it has none.
    func spread(of row: TrialRow) -> (mean: Double, error: Double)? {
        let values = charts.ranked.filter { $0.point == row.point }.compactMap(\.objective)
        guard values.count > 1 else { return nil }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        return (mean, (variance / count).squareRoot())
    }

    /// Whether its point cannot be told from the best one's (95 %), where both were repeated.
    func isLikeBest(_ row: TrialRow) -> Bool {
        guard let first = best.first, row.point != first.point, let a = spread(of: first), let b = spread(of: row)
        else { return false }
        return abs(a.mean - b.mean) < 1.96 * (a.error * a.error + b.error * b.error).squareRoot()
    }

    func value(of row: TrialRow) -> String {
        let value = row.objective.map { ValueText.number($0) } ?? "–"
        guard let spread = spread(of: row) else { return value }
        return "\(value) ±\(ValueText.number(spread.error))\(isLikeBest(row) ? " ≈" : "")"
    }

    /// The parameters that differ, those that matter most first.
    var columns: [String] {
        let searched = spec.space.parameters.filter { $0.distribution.valueCount != 1 }.map(\.name)
        let order = importance?.shares.sorted { $0.share > $1.share }.map(\.name) ?? []
        return order.filter(searched.contains) + searched.filter { !order.contains($0) }
    }

    func parameter(_ name: String, _ row: TrialRow) -> String {
        row.params.flattened.first { $0.name == name }.map { ValueText.parameter($0.value) } ?? "–"
    }

    var forecast: String? {
        progress.forecast.map {
            "\(ImportanceCommand.percent($0.chance)) chance of a better one among the next \($0.trials) trials; expected improvement \(ValueText.number($0.improvement))"
        }
    }

    func remark(of trial: Int?) -> Remark? { remarks.first { $0.trial == trial }?.remark }

    var commandLine: String? {
        command.map { command in
            (command.directory.map { "cd \(ShellText.quoted($0)) && " } ?? "") + ShellText.line(command.arguments)
        }
    }

    var failures: [(reason: String, count: Int)] {
        sweep.failures.map { ($0.key, $0.value) }.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<T>(_ body: (Wrapped) async throws -> T) async rethrows -> T? {
        guard let self else { return nil }
        return try await body(self)
    }
}
