import SweepModel
package import SweepWire

/// Trials in every format that the list commands know.
package enum TrialPrinter {
    /// `{"version": 1, "sweep": …, "trials": […]}`; of a sweep with `repeat` also `points`, ranked.
    package static func json(
        _ sweep: SweepRow, _ standings: [Standing], isGrouped: Bool, grouped: [String]? = nil, front: Set<Int> = []
    ) -> [UInt8] {
        var sweep = sweep
        sweep.yaml = nil
        var members: [ParameterValue.Member] = [
            .init("sweep", Documents.sweep(sweep)),
            .init("trials", .list(standings.flatMap(\.trials).map { Documents.trial($0) })),
        ]
        if sweep.objectives != nil {
            let numbers = standings.flatMap(\.trials).map(\.number).filter { front.contains($0) }
            members.append(
                .init("pareto_front", .list(numbers.map { .string(TrialID(sweep.id, $0).description) })))
        }
        if isGrouped {
            members.append(
                .init(
                    "points",
                    .list(
                        standings.map { standing in
                            let values = Dictionary(standing.first.params.flattened.map { ($0.name, $0.value) }) { $1 }
                            let key: ParameterValue.Member =
                                grouped.map { names in
                                    .init("params", .object(names.map { .init($0, values[$0] ?? .null) }))
                                } ?? .init("point", .int(standing.first.point))
                            return .object([
                                key,
                                .init("trials", .list(standing.trials.map { .string($0.id.description) })),
                                .init("mean", Documents.optional(standing.mean)),
                                .init("standard_error", Documents.optional(standing.standardError)),
                                .init("count", .int(standing.counted)),
                            ])
                        })))
        }
        return Documents.document(members)
    }

    /// One row a trial: the members of the JSON form, then every parameter as `params.x` and every metric as `metrics.x`.
    package static func csv(_ table: TrialTable) -> String {
        let parameters = table.parameters
        let metrics = table.metrics
        var text = ""
        CSVText.append(
            [
                "id", "number", "state", "attempt", "point", "objective", "step", "agent", "slot", "exit", "reason",
                "started", "ended", "peak_memory",
            ] + parameters.map { "params.\($0)" } + metrics.map { "metrics.\($0)" }, to: &text)
        for row in table.standings.lazy.flatMap(\.trials) {
            let values = Dictionary(row.params.flattened.map { ($0.name, $0.value) }) { $1 }
            var fields: [String] = [
                row.id.description, String(row.number), row.state.rawValue, String(row.attempt), String(row.point),
                row.objective.map { ValueText.exact($0) } ?? "", row.step.map { String($0) } ?? "", row.agent ?? "",
                row.slot ?? "", row.exit.map { String($0) } ?? "", row.reason ?? "",
                row.started.map { TimeText.iso($0) } ?? "", row.ended.map { TimeText.iso($0) } ?? "",
                row.peakMemory.map { String($0) } ?? "",
            ]
            fields += parameters.map { name in values[name].map { ValueText.exact($0) } ?? "" }
            fields += metrics.map { name in row.metrics[name].map { ValueText.exact($0) } ?? "" }
            CSVText.append(fields, to: &text)
        }
        return text
    }

    /// Prints `table` to the session's output in a format.
    static func print(
        _ table: TrialTable, _ columns: [TrialColumn], isGrouped: Bool, _ format: ListFormat, _ style: Style,
        _ session: Session
    ) {
        switch format {
        case .json:
            session.output.write(
                json(
                    table.sweep, table.standings, isGrouped: isGrouped, grouped: table.grouped, front: table.front))
        case .jsonl:
            for row in table.standings.lazy.flatMap(\.trials) {
                session.output.write(Documents.line(Documents.trial(row)))
            }
        case .csv: session.output.write(csv(table))
        case .id:
            for row in table.standings.lazy.flatMap(\.trials) { session.output.write("\(row.id)\n") }
        case .table:
            let rendered = table.table(columns, style: style).render(
                width: session.output.terminal?.columns, style: style)
            session.output.write(rendered.text)
            note(dropped: rendered.dropped, session)
        }
    }

    static func note(dropped: [String], _ session: Session) {
        guard !dropped.isEmpty else { return }
        session.say("no room for: \(dropped.joined(separator: ", ")) (choose with --columns, or pipe into 'less -S')")
    }
}
