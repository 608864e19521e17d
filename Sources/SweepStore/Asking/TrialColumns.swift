package import SweepModel

/// Trials as columns with names: what filters, derived metrics, queries and exports are written over.
///
/// The names: of the trial itself (`id`, `state`, `objective`, …), then its parameters (nested ones with dots), then its
/// metrics. A parameter or metric that is named like something before it is `params.NAME` or `metrics.NAME`; these longer
/// names may be used for all others, too.
package struct TrialColumns: Sendable {
    package enum Kind: Sendable, Equatable { case own, parameter, metric, derived }

    package struct Column: Sendable {
        package var name: String
        package var kind: Kind
        package var values: [ParameterValue]
    }

    package private(set) var columns: [Column]
    package let count: Int

    /// - Parameter derived: names and expressions of metrics that are computed from the other columns, in order: each may
    ///   use those before it.
    package init(
        _ trials: [TrialSnapshot], derived: [DerivedMetric] = []
    ) throws(SweepError) {
        count = trials.count
        columns = Self.own(trials)
        var names = Set(columns.map { $0.name.lowercased() })
        for (kind, prefix, found) in [
            (Kind.parameter, "params.", Self.parameters(trials)), (Kind.metric, "metrics.", Self.metrics(trials)),
        ] {
            for (name, values) in found {
                let name = names.contains(name.lowercased()) ? prefix + name : name
                guard names.insert(name.lowercased()).inserted else { continue }
                columns.append(Column(name: name, kind: kind, values: values))
            }
        }
        for metric in derived {
            // One that cannot be evaluated (none of these trials has the metric that it needs) is nothing.
            let values = (try? TrialFilter.values(of: metric.expression, columns: filterColumns)) ?? []
            columns.append(
                Column(
                    name: metric.name, kind: .derived,
                    values: trials.indices.map { row in
                        values.indices.contains(row) ? .optional(values[row]) : .null
                    }))
        }
    }

    /// The places of the trials for which `expression` is true.
    package func rows(where expression: String) throws(SweepError) -> [Int] {
        try TrialFilter.rows(where: expression, columns: filterColumns)
    }

    package var filterColumns: [TrialFilter.Column] {
        let plain = columns.map { TrialFilter.Column($0.name, $0.values) }
        let long = columns.compactMap { column -> TrialFilter.Column? in
            switch column.kind {
            case .parameter: TrialFilter.Column("params." + column.name, column.values)
            case .metric: TrialFilter.Column("metrics." + column.name, column.values)
            case .own, .derived: nil
            }
        }
        return plain + long
    }

    private static func own(_ trials: [TrialSnapshot]) -> [Column] {
        func column(_ name: String, _ value: (TrialSnapshot) -> ParameterValue) -> Column {
            Column(name: name, kind: .own, values: trials.map(value))
        }
        return [
            column("sweep") { .string($0.record.id.sweep.text) },
            column("id") { .string($0.record.id.description) }, column("number") { .int($0.record.id.number) },
            column("state") { .string($0.progress.state.rawValue) },
            column("objective") { .optional($0.progress.objective) },
            column("step") { $0.progress.step.map { .int($0) } ?? .null },
            column("point") { .int($0.record.point) }, column("repetition") { .int($0.record.repetition) },
            column("attempt") { .int($0.progress.attempt) }, column("reason") { .optional($0.progress.reason) },
            column("agent") { .optional($0.agentName) }, column("slot") { .optional($0.slot) },
            column("exit") { $0.exit.map { .int($0) } ?? .null },
            column("peak_memory") { $0.peakMemory.map { .int($0) } ?? .null },
            column("created") { .seconds($0.record.created) }, column("started") { .seconds($0.progress.started) },
            column("ended") { .seconds($0.progress.ended) },
            column("duration") { trial in
                guard let start = trial.progress.started, let end = trial.progress.ended else { return .null }
                return .double(end.seconds(since: start))
            },
            column("note") { trial in trial.remark.flatMap { $0.note.isEmpty ? nil : .string($0.note) } ?? .null },
            // Each between spaces, so that `tags LIKE '% slow %'` finds whole ones.
            column("tags") { trial in
                let tags = trial.remark?.tags ?? []
                return tags.isEmpty ? .null : .string(" \(tags.joined(separator: " ")) ")
            },
            column("star") { .int($0.remark?.star == true ? 1 : 0) },
        ]
    }

    private static func parameters(_ trials: [TrialSnapshot]) -> [(String, [ParameterValue])] {
        table(trials) { $0.record.parameters.flatMap { flat($0, prefix: "", depth: 0) } }
    }

    private static func metrics(_ trials: [TrialSnapshot]) -> [(String, [ParameterValue])] {
        table(trials) { ($0.progress.metrics ?? [:]).map { ($0.key, .double($0.value)) } }.sorted { $0.0 < $1.0 }
    }

    private static func flat(
        _ member: ParameterValue.Member, prefix: String, depth: Int
    ) -> [(String, ParameterValue)] {
        guard let members = member.value.members, !members.isEmpty, depth < 16 else {
            return [(prefix + member.key, member.value)]
        }
        return members.flatMap { flat($0, prefix: prefix + member.key + ".", depth: depth + 1) }
    }

    private static func table(
        _ trials: [TrialSnapshot], _ cells: (TrialSnapshot) -> [(String, ParameterValue)]
    ) -> [(String, [ParameterValue])] {
        var places: [String: Int] = [:]
        var table: [(String, [ParameterValue])] = []
        for (row, trial) in trials.enumerated() {
            for (name, value) in cells(trial) {
                if let place = places[name] {
                    table[place].1[row] = value
                } else if table.count < TrialFilter.maximumColumns {
                    places[name] = table.count
                    var values = [ParameterValue](repeating: .null, count: trials.count)
                    values[row] = value
                    table.append((name, values))
                }
            }
        }
        return table
    }
}

extension ParameterValue {
    static func optional(_ value: Double?) -> ParameterValue { value.map { .double($0) } ?? .null }
    static func optional(_ value: String?) -> ParameterValue { value.map { .string($0) } ?? .null }
    /// Seconds since 1970.
    static func seconds(_ time: Timestamp?) -> ParameterValue {
        time.map { .double(Double($0.milliseconds) / 1000) } ?? .null
    }
}
