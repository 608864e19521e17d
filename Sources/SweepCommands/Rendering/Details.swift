package import SweepModel
package import SweepWire

/// A list of names and what they stand for, aligned.
struct FactList {
    private var facts: [(String, String, Tint?)] = []

    mutating func add(_ name: String, _ value: String?, _ tint: Tint? = nil) {
        if let value, !value.isEmpty { facts.append((name, value, tint)) }
    }

    mutating func add(_ remark: Remark?) {
        add("star", remark?.star == true ? "yes" : nil, .yellow)
        add("tags", remark?.tags.joined(separator: ", "))
        add("note", remark?.note)
    }

    /// - Parameter indent: spaces before each name.
    func lines(indent: Int = 0) -> [StyledLine] {
        let width = facts.map { DisplayText.width(DisplayText.escape($0.0)) }.max() ?? 0
        return facts.map { name, value, tint in
            let padded = DisplayText.pad(DisplayText.escape(name), to: width)
            return StyledLine([(String(repeating: " ", count: indent) + padded + "  ", .dim), (value, tint)])
        }
    }
}

/// One sweep in full.
package enum SweepDetails {
    package static func lines(_ row: SweepRow, now: Timestamp) -> [StyledLine] {
        var facts = FactList()
        facts.add("sweep", row.id.text, .bold)
        facts.add("name", row.name)
        facts.add("state", row.state.rawValue + (row.reason.map { ": \($0)" } ?? ""), row.state.tint)
        facts.add("trials", StatusLine.counts(row))
        facts.add("method", row.method)
        let objectives = row.objectives ?? row.metric.map { [Objective(metric: $0, goal: row.goal ?? .minimize)] } ?? []
        facts.add("objective", objectives.map { "\($0.goal.rawValue) \($0.metric)" }.joined(separator: ", "))
        facts.add(
            "best",
            row.best.map { best in ValueText.number(best) + (row.bestTrial.map { " (\($0))" } ?? "") }, .bold)
        facts.add("priority", row.priority == 0 ? nil : String(row.priority))
        facts.add("created", "\(TimeText.iso(row.created)) (\(TimeText.ago(row.created, now: now)))")
        facts.add(
            "ended", row.ended.map { "\(TimeText.iso($0)) (took \(TimeText.duration($0.seconds(since: row.created))))" }
        )
        facts.add("file", row.file)
        facts.add("directory", row.createdIn)
        facts.add(row.remark)
        var lines = facts.lines()
        for edit in row.edits ?? [] {
            let why = edit.because.map { ": \($0)" } ?? ""
            lines.append(StyledLine([("edit \(edit.number)  ", .dim), (TimeText.iso(edit.time) + why, nil)]))
            lines += edit.changes.map { StyledLine([("  \($0)", nil)]) }
        }
        if let alerts = row.alerts {
            lines.append(StyledLine([("alerts", .dim)]))
            for row in alerts.prefix(5) {
                lines.append(
                    StyledLine([
                        ("  \(TimeText.iso(row.alert.time))  ", .dim), (row.alert.text, nil),
                    ]))
                for line in row.outcome ?? ["being told"] { lines.append(StyledLine([("    \(line)", .dim)])) }
            }
        }
        if row.failures.count > 1 || row.failures.contains(where: { $0.value > 1 }) {
            lines.append(StyledLine([("failures", .dim)]))
            for (reason, count) in row.failures.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(20) {
                lines.append(StyledLine([("  \(count) × ", nil), (reason, .red)]))
            }
        }
        return lines
    }
}

/// One trial in full: why it ended, how it was launched, and every attempt.
package enum TrialDetails {
    package static func lines(
        _ row: TrialRow, _ attempts: [AttemptRow], metric: String?, now: Timestamp
    ) -> [StyledLine] {
        var facts = FactList()
        facts.add("trial", row.id.description, .bold)
        // The reason of a pause says that it is one.
        let state = row.stateText == row.state.rawValue ? row.stateText : nil
        facts.add("state", [state, row.reason].compactMap(\.self).joined(separator: ": "), row.state.tint)
        facts.add(
            metric ?? "objective",
            row.objective.map { ValueText.number($0) + (row.step.map { " at step \($0)" } ?? "") }, .bold)
        facts.add("time", row.duration(now: now).map { TimeText.duration($0) })
        facts.add("memory", row.peakMemory.map { "\(ValueText.bytes($0)) at most" })
        facts.add("point", row.point == row.number ? nil : String(row.point))
        facts.add(row.remark)
        var lines = facts.lines()

        lines += section("parameters", row.params.flattened.map { ($0.name, ValueText.parameter($0.value)) })
        lines += section(
            "metrics", row.metrics.sorted { $0.key < $1.key }.map { ($0.key, ValueText.number($0.value)) })
        lines += AttemptHistory.lines(attempts)
        for attempt in attempts { lines += self.attempt(attempt, now: now) }
        return lines
    }

    private static func section(_ title: String, _ values: [(String, String)]) -> [StyledLine] {
        guard !values.isEmpty else { return [] }
        var facts = FactList()
        for (name, value) in values { facts.add(name, value) }
        return [StyledLine([(title, .dim)])] + facts.lines(indent: 2)
    }

    private static func attempt(_ row: AttemptRow, now: Timestamp) -> [StyledLine] {
        var facts = FactList()
        let outcome = row.outcome?.rawValue ?? (row.started == nil ? "assigned" : "running")
        facts.add("state", outcome + (row.reason.map { ": \($0)" } ?? ""))
        facts.add("exit", row.exit.map { $0 < 0 ? "signal \(-$0)" : String($0) })
        facts.add("agent", "\(row.agent) \(row.slot)" + (row.host.map { " on \($0)" } ?? ""))
        facts.add("started", row.started.map { "\(TimeText.iso($0)) (\(TimeText.ago($0, now: now)))" })
        if let started = row.started {
            facts.add("time", TimeText.duration((row.ended ?? now).seconds(since: started)))
        }
        facts.add("memory", row.peakMemory.map { ValueText.bytes($0) })
        facts.add("cpu", row.cpuSeconds.map { TimeText.duration($0) })
        facts.add("directory", row.directory)
        facts.add("command", row.argv.map { ShellText.line($0) })
        return [StyledLine([("attempt \(row.attempt)", .dim)])] + facts.lines(indent: 2)
    }
}
