package import SweepModel
package import SweepWire

/// Agents as a table: one row a slot.
package enum AgentTable {
    package static func table(_ rows: [AgentRow], now: Timestamp, style: Style) -> Table {
        let slots = rows.flatMap(\.slots)
        let showsGPU = slots.contains { $0.gpu != nil }
        let showsWhy = slots.contains { $0.paused != nil }
        let bound = rows.contains { $0.sweep != nil }
        var columns: [Table.Column] = [
            .init("agent", shrinksTo: 10), .init("host", shrinksTo: 10, droppable: true), .init("state"), .init("slot"),
        ]
        if showsGPU { columns.append(.init("gpu", shrinksTo: 12, droppable: true)) }
        columns.append(.init("trial"))
        if bound { columns.append(.init("sweep")) }
        columns.append(.init("seen", right: true, droppable: true))
        if showsWhy { columns.append(.init("paused", shrinksTo: 20)) }

        var table = Table(columns: columns)
        for row in rows {
            for (index, slot) in (row.slots.isEmpty ? [AgentRow.Slot(label: "")] : row.slots).enumerated() {
                let first = index == 0
                var cells = [
                    Cell(first ? row.name : "", .bold), Cell(first ? row.host : ""),
                    Cell(first ? row.state.rawValue : "", row.state.tint), Cell(slot.label),
                ]
                if showsGPU { cells.append(Cell(slot.gpu ?? "")) }
                cells.append(slot.trial.map { Cell($0.description, .cyan) } ?? Cell("idle", .dim))
                if bound { cells.append(Cell(first ? row.sweep?.text ?? "" : "")) }
                cells.append(Cell(first ? TimeText.ago(row.lastSeen, now: now) : ""))
                if showsWhy { cells.append(Cell(slot.paused ?? "", .yellow)) }
                table.rows.append(cells)
            }
        }
        return table
    }

    package static func csv(_ rows: [AgentRow]) -> String {
        var text = ""
        CSVText.append(
            ["id", "name", "host", "state", "sweep", "slot", "gpu", "trial", "paused", "last_seen"], to: &text)
        for row in rows {
            for slot in row.slots {
                CSVText.append(
                    [
                        row.id.text, row.name, row.host, row.state.rawValue, row.sweep?.text ?? "", slot.label,
                        slot.gpu ?? "", slot.trial?.description ?? "", slot.paused ?? "", TimeText.iso(row.lastSeen),
                    ], to: &text)
            }
        }
        return text
    }
}

extension AgentRow.State {
    var tint: Tint? {
        switch self {
        case .connected: .green
        case .suspect: .yellow
        case .disconnected: .red
        }
    }
}
