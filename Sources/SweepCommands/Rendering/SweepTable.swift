package import SweepModel
package import SweepWire

/// Sweeps as a table.
package enum SweepTable {
    package static func table(_ rows: [SweepRow], now: Timestamp, style: Style) -> Table {
        let named = rows.contains { $0.name != nil }
        let explained = rows.contains { $0.reason != nil }
        let noted = rows.contains { $0.remark?.isEmpty == false }
        var columns: [Table.Column] = [.init("sweep")]
        if named { columns.append(.init("name", shrinksTo: 10)) }
        columns += [
            .init("state"), .init("method", droppable: true), .init("done", right: true), .init("live", right: true),
            .init("failed", right: true), .init("best", right: true), .init("metric", shrinksTo: 8, droppable: true),
            .init("created", right: true, droppable: true),
        ]
        if explained { columns.append(.init("why", shrinksTo: 20, droppable: true)) }
        if noted { columns.append(.init("note", shrinksTo: 12, droppable: true)) }
        return Table(
            columns: columns,
            rows: rows.map { row in
                var cells = [Cell(row.id.text, .bold)]
                if named { cells.append(Cell(row.name ?? "")) }
                let failed = row.count(.failed)
                cells += [
                    Cell(row.state.rawValue, row.state.tint), Cell(row.method),
                    Cell(row.expected.map { "\(row.final)/\(ValueText.count($0))" } ?? String(row.final)),
                    Cell(row.live == 0 ? "" : String(row.live), .cyan),
                    Cell(failed == 0 ? "" : String(failed), .red),
                    Cell(row.best.map { ValueText.number($0) } ?? ""), Cell(row.metric ?? ""),
                    Cell(TimeText.ago(row.created, now: now)),
                ]
                if explained { cells.append(Cell(row.reason ?? "")) }
                if noted { cells.append(Cell(row.remark?.short ?? "")) }
                return cells
            })
    }

    package static func csv(_ rows: [SweepRow]) -> String {
        var text = ""
        CSVText.append(
            ["id", "name", "state", "reason", "method", "metric", "goal", "priority", "created", "ended", "expected"]
                + TrialState.allCases.map(\.rawValue) + ["best", "best_trial", "file"], to: &text)
        for row in rows {
            var fields = [
                row.id.text, row.name ?? "", row.state.rawValue, row.reason ?? "", row.method, row.metric ?? "",
                row.goal?.rawValue ?? "", String(row.priority), TimeText.iso(row.created),
                row.ended.map { TimeText.iso($0) } ?? "", row.expected.map { String($0) } ?? "",
            ]
            fields += TrialState.allCases.map { String(row.count($0)) }
            fields += [
                row.best.map { ValueText.exact($0) } ?? "", row.bestTrial?.description ?? "", row.file ?? "",
            ]
            CSVText.append(fields, to: &text)
        }
        return text
    }
}

extension Remark {
    /// In a table's cell: `* #slow lr was too high`.
    var short: String {
        let line = note.split(whereSeparator: \.isNewline).first.map(String.init)
        return ((star ? ["*"] : []) + tags.map { "#\($0)" } + [line].compactMap { $0 }).joined(separator: " ")
    }
}

extension SweepState {
    var tint: Tint? {
        switch self {
        case .running: .cyan
        case .paused, .stopped, .cancelled: .yellow
        case .finished: .green
        }
    }
}
