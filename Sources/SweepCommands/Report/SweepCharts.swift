import SweepModel
import SweepSearch
import SweepSpec
import SweepWire

/// The charts of one sweep, for `sweep plot` and the report.
package struct SweepCharts: Sendable {
    package enum Kind: String, CaseIterable, Sendable { case history, importance, curves, parallel, slice, edf, slots }

    /// Lines of one chart; more cannot be told apart.
    static let mostLines = 200

    let sweep: SweepRow
    let rows: [TrialRow]
    let space: SearchSpace

    private var goal: Objective.Goal { sweep.goal ?? .minimize }
    private var metric: String { sweep.metric ?? "objective" }

    init(_ known: TrialHistory) {
        sweep = known.sweep
        rows = known.rows.sorted { $0.number < $1.number }
        space = known.spec.space
    }

    /// With a finite value and at an end, the best first.
    var ranked: [TrialRow] {
        rows.filter { [.completed, .pruned].contains($0.state) && $0.objective?.isFinite == true }.sorted { a, b in
            guard let x = a.objective, let y = b.objective, x != y else { return a.number < b.number }
            return goal.prefers(x, to: y)
        }
    }

    /// The values that a chart shows: a few that diverged must not flatten all others.
    private func shownValues(_ isWhole: Bool) -> [Double] {
        let values = ranked.compactMap(\.objective).sorted()
        guard !isWhole, values.count >= 8 else { return values }
        let (low, high) = (values[values.count / 50], values[values.count * 9 / 10])
        let reach = high > low ? (high - low) * 2 : max(abs(low), 0.5)
        return values.filter { $0 >= low - reach && $0 <= high + reach }
    }

    func history(isLog: Bool = false) -> Chart {
        let shown = shownValues(isLog)
        let y = ChartAxis(metric, over: shown, isLog: isLog)
        var chart = Chart(
            title: "History", x: ChartAxis("trial", over: [0, Double(rows.last?.number ?? 1)], padding: 0.01), y: y)
        func layer(_ ink: Chart.Ink, _ name: String, _ rows: [TrialRow], _ value: (TrialRow) -> Double?) {
            guard !rows.isEmpty else { return }
            chart.layers.append(
                .init(
                    form: .points, ink: ink, name: name,
                    points: rows.compactMap { row in
                        value(row).flatMap {
                            $0.isFinite ? .init(x: Double(row.number), y: min(y.high, max(y.low, $0))) : nil
                        }
                    }))
        }
        layer(.completed, "completed", rows.filter { $0.state == .completed }) { $0.objective }
        layer(.pruned, "pruned", rows.filter { $0.state == .pruned }) { $0.objective }
        layer(.running, "running", rows.filter { $0.state == .running }) { $0.objective ?? $0.metrics[metric] }
        layer(.failed, "failed", rows.filter { $0.state == .failed }) { _ in y.low }
        var best: [Chart.Point] = []
        for row in rows where [.completed, .pruned].contains(row.state) {
            guard let value = row.objective, value.isFinite, best.last.map({ goal.prefers(value, to: $0.y) }) ?? true
            else { continue }
            best.append(.init(x: Double(row.number), y: value))
        }
        if let last = best.last { best.append(.init(x: Double(rows.last?.number ?? 1), y: last.y)) }
        chart.layers.append(.init(form: .steps, ink: .best, name: "best so far", points: best))
        let hidden = ranked.count - shown.count
        chart.note =
            "showing \(ranked.count) of \(ValueText.plural(rows.count, "trial"))"
            + (hidden > 0 ? "; \(hidden) lie outside and are drawn at the edge" : "")
        return chart
    }

    func importance(_ importance: Importance) -> Chart {
        let shares = Array(importance.shares.sorted { $0.share > $1.share }.prefix(20).reversed())
        var x = ChartAxis(
            "share of the variation of \(metric)", over: [0, shares.last.map { $0.share + $0.deviation } ?? 1])
        x.low = 0
        return Chart(
            title: "What matters", x: x, y: ChartAxis("", names: shares.map(\.name)),
            layers: [
                .init(
                    form: .bars, ink: .series(0), name: nil,
                    points: shares.enumerated().map { .init(x: $1.share, y: Double($0) + 0.5) },
                    errors: shares.map(\.deviation))
            ], note: "learnt from \(ValueText.plural(importance.learntFrom, "trial"))")
    }

    /// - Parameter curves: each trial's reports, the best first.
    func curves(_ curves: [(trial: TrialRow, reports: [Report])], isLog: Bool = false) -> Chart {
        let lines = curves.map { curve in
            curve.reports.enumerated().compactMap { index, report in
                report.metrics[metric].map { Chart.Point(x: Double(report.step ?? index), y: $0) }
            }
        }
        var chart = Chart(
            title: "Curves of the best", x: ChartAxis("step", over: lines.joined().map(\.x), padding: 0.01),
            y: ChartAxis(metric, over: lines.joined().map(\.y), isLog: isLog))
        for (index, line) in lines.enumerated() {
            chart.layers.append(
                .init(form: .line, ink: .series(index), name: "trial \(curves[index].trial.number)", points: line))
        }
        chart.note = "showing \(curves.count) of \(ValueText.plural(rows.count, "trial"))"
        return chart
    }

    /// Every parameter an axis on the scale of its law, a line a trial, the best in colour.
    func parallel() -> Chart {
        let searched = space.parameters.filter { $0.distribution.valueCount != 1 }.prefix(11)
        var axes = searched.map { axis(of: $0) }
        axes.append((metric, ChartAxis(metric, over: shownValues(false)), { $0.objective }))
        var chart = Chart(
            title: "Parameters together", x: ChartAxis("", names: axes.map(\.name)),
            y: ChartAxis("", over: [0, 1], padding: 0.04))
        let shown = Array(ranked.prefix(Self.mostLines))
        let bright = min(10, max(1, shown.count / 5))
        for (index, row) in shown.enumerated().reversed() {
            let points = axes.enumerated().map { place, axis in
                Chart.Point(
                    x: Double(place) + 0.5,
                    y: axis.value(row).flatMap { axis.scale.place($0) }.map { min(1, max(0, $0)) } ?? .nan)
            }
            chart.layers.append(
                .init(
                    form: .line, ink: index == 0 ? .best : index < bright ? .series(0) : .faint,
                    name: index == 0 ? "best" : index == 1 && bright > 1 ? "next \(bright - 1)" : nil, points: points))
        }
        for (place, axis) in axes.enumerated() {
            for tick in axis.scale.ticks(axis.scale.names.isEmpty ? 4 : 8) where (0...1).contains(tick.place) {
                chart.labels.append(.init(at: .init(x: Double(place) + 0.5, y: tick.place), text: tick.text))
            }
        }
        chart.note = "showing the best \(shown.count) of \(ValueText.plural(rows.count, "trial"))"
        return chart
    }

    /// The objective against one parameter.
    ///
    /// - Throws: when the sweep does not search it.
    func slice(_ name: String) throws(SweepError) -> Chart {
        guard let parameter = space.parameters.first(where: { $0.name == name }) else {
            let names = space.parameters.map(\.name)
            throw SweepError(
                .usage, "there is no parameter '\(DisplayText.escape(name))'",
                remedy: Spelling.closest(to: name, among: names).map { "did you mean '\($0)'?" }
                    ?? "the parameters are \(names.prefix(20).joined(separator: ", "))")
        }
        let axis = axis(of: parameter)
        let y = ChartAxis(metric, over: shownValues(false))
        return Chart(
            title: "\(metric) by \(name)", x: axis.scale, y: y,
            layers: [(TrialState.completed, Chart.Ink.completed), (.pruned, .pruned)].map { state, ink in
                .init(
                    form: .points, ink: ink, name: state.rawValue,
                    points: ranked.filter { $0.state == state }.compactMap { row in
                        guard let x = axis.value(row), let value = row.objective else { return nil }
                        return .init(x: x, y: min(y.high, max(y.low, value)))
                    })
            }, note: "showing \(ranked.count) of \(ValueText.plural(rows.count, "trial"))")
    }

    /// Which share of the trials is at or below a value.
    func edf() -> Chart {
        let values = ranked.compactMap(\.objective).sorted()
        let shown = shownValues(false).sorted()
        return Chart(
            title: "Distribution of values", x: ChartAxis(metric, over: shown),
            y: ChartAxis("share of trials", over: [0, 1]),
            layers: [
                .init(
                    form: .steps, ink: .series(0), name: nil,
                    points: values.enumerated().map { .init(x: $1, y: Double($0 + 1) / Double(values.count)) })
            ], note: "showing \(ranked.count) of \(ValueText.plural(rows.count, "trial"))")
    }

    /// What each slot did when; gaps are idle time.
    func slots(now: Timestamp) -> Chart {
        let used = rows.filter { $0.started != nil && $0.agent != nil }
        let names = Array(Set(used.map { Self.slot($0) }).sorted().prefix(64))
        let origin = used.compactMap(\.started).min() ?? now
        func hours(_ time: Timestamp) -> Double { time.seconds(since: origin) / 3600 }
        var chart = Chart(
            title: "Slots over time",
            x: ChartAxis("hours since the first trial", over: [0] + used.map { hours($0.ended ?? now) }, padding: 0.01),
            y: ChartAxis("", names: names))
        for (state, ink) in [
            (TrialState.completed, Chart.Ink.completed), (.pruned, .pruned), (.failed, .failed), (.running, .running),
        ] {
            var points: [Chart.Point] = []
            for row in used where row.state == state {
                guard let slot = names.firstIndex(of: Self.slot(row)), let start = row.started else { continue }
                let y = Double(slot) + 0.5
                points += [.init(x: hours(start), y: y), .init(x: hours(row.ended ?? now), y: y), .init(x: .nan, y: y)]
            }
            if !points.isEmpty {
                chart.layers.append(.init(form: .line, ink: ink, name: state.rawValue, points: points))
            }
        }
        return chart
    }

    private static func slot(_ row: TrialRow) -> String { "\(row.agent ?? "")\(row.slot.map { ":\($0)" } ?? "")" }

    private typealias Axis = (name: String, scale: ChartAxis, value: (TrialRow) -> Double?)

    private func axis(of parameter: Parameter) -> Axis {
        let name = parameter.name
        let values = rows.map { value(name, $0) }
        let numbers = values.compactMap(\.?.number)
        let grid = parameter.distribution.gridAxis
        let isNamed = values.contains { $0 != nil && $0?.number == nil } || (grid.map { $0.count <= 12 } ?? false)
        guard isNamed else {
            let ends = [parameter.distribution.value(at: 0), parameter.distribution.value(at: 1)].compactMap(\.number)
                .filter { abs($0) < 1e30 }
            let law = type(of: parameter.distribution).name
            let isLog = law.contains("log") && numbers.allSatisfy { $0 > 0 }
            return (
                name, ChartAxis(name, over: numbers + ends, isLog: isLog), { value(name, $0)?.number }
            )
        }
        var names = grid.map { grid in (0..<min(60, grid.count)).map { ValueText.parameter(grid[$0]) } } ?? []
        for value in values.compactMap({ $0 }) where names.count < 60 {
            let text = ValueText.parameter(value)
            if !names.contains(text) { names.append(text) }
        }
        return (
            name, ChartAxis(name, names: names),
            { row in
                value(name, row).flatMap { names.firstIndex(of: ValueText.parameter($0)) }.map { Double($0) + 0.5 }
            }
        )
    }

    private func value(_ name: String, _ row: TrialRow) -> ParameterValue? {
        row.params.flattened.first { $0.name == name }?.value
    }
}
