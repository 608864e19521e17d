import SweepModel
import SweepWire

/// Tokens as a table and as JSON.
enum TokenTable {
    static func table(_ rows: [TokenRow], now: Timestamp) -> Table {
        var table = Table(columns: [
            .init("token"), .init("for"), .init("label", shrinksTo: 12), .init("created", right: true),
            .init("last used", right: true), .init("open", right: true), .init("state"),
        ])
        for row in rows {
            table.rows.append([
                Cell(row.id, .bold), Cell(row.role.rawValue), Cell(row.label ?? ""),
                Cell(TimeText.ago(row.created, now: now)),
                Cell(row.lastUsed.map { TimeText.ago($0, now: now) } ?? "never"),
                Cell(String(row.connections)), row.revoked == nil ? Cell("good", .green) : Cell("revoked", .red),
            ])
        }
        return table
    }

    static func csv(_ rows: [TokenRow]) -> String {
        var text = ""
        CSVText.append(["id", "role", "label", "created", "last_used", "revoked", "connections"], to: &text)
        for row in rows {
            CSVText.append(
                [
                    row.id, row.role.rawValue, row.label ?? "", TimeText.iso(row.created),
                    row.lastUsed.map { TimeText.iso($0) } ?? "", row.revoked.map { TimeText.iso($0) } ?? "",
                    String(row.connections),
                ], to: &text)
        }
        return text
    }

    static func json(_ row: TokenRow) -> ParameterValue {
        .object([
            .init("id", .string(row.id)), .init("role", .string(row.role.rawValue)),
            .init("label", Documents.optional(row.label)), .init("created", Documents.time(row.created)),
            .init("last_used", Documents.time(row.lastUsed)), .init("revoked", Documents.time(row.revoked)),
            .init("connections", .int(row.connections)),
        ])
    }
}
