import SweepModel
import SweepWire

/// Versions of artifacts as a table and as JSON.
enum ArtifactTable {
    static func table(_ rows: [ArtifactRow], now: Timestamp) -> Table {
        var table = Table(columns: [
            .init("artifact"), .init("aliases", shrinksTo: 12), .init("type"), .init("files", right: true),
            .init("size", right: true), .init("objective", right: true), .init("made by"),
            .init("used by", right: true),
            .init("created", right: true),
        ])
        for row in rows {
            table.rows.append([
                Cell("\(row.name):v\(row.version)", .bold), Cell(row.aliases.joined(separator: " ")),
                Cell(row.type ?? ""), Cell(String(row.files)), Cell(ValueText.bytes(row.size)),
                Cell(row.objective.map { ValueText.number($0) } ?? ""), Cell(row.trial?.description ?? "put"),
                Cell(row.uses.isEmpty ? "" : String(row.uses.count)), Cell(TimeText.ago(row.created, now: now)),
            ])
        }
        return table
    }

    static func csv(_ rows: [ArtifactRow]) -> String {
        var text = ""
        CSVText.append(
            ["name", "version", "aliases", "type", "files", "size", "objective", "sweep", "trial", "created"], to: &text
        )
        for row in rows {
            CSVText.append(
                [
                    row.name, String(row.version), row.aliases.joined(separator: " "), row.type ?? "",
                    String(row.files), String(row.size), row.objective.map { "\($0)" } ?? "", row.sweep?.text ?? "",
                    row.trial?.description ?? "", TimeText.iso(row.created),
                ], to: &text)
        }
        return text
    }

    static func json(_ row: ArtifactRow, files: [ArtifactFile]? = nil) -> ParameterValue {
        var members: [ParameterValue.Member] = [
            .init("reference", .string(row.reference)), .init("name", .string(row.name)),
            .init("version", .int(row.version)), .init("aliases", .list(row.aliases.map { .string($0) })),
            .init("type", Documents.optional(row.type)), .init("sweep", Documents.optional(row.sweep?.text)),
            .init("trial", Documents.optional(row.trial?.description)),
            .init("attempt", Documents.optional(row.attempt)), .init("manifest", .string(row.manifest)),
            .init("size", .int(row.size)), .init("file_count", .int(row.files)),
            .init("created", Documents.time(row.created)), .init("metadata", row.metadata ?? .null),
            .init("objective", Documents.optional(row.objective)),
            .init("used_by", .list(row.uses.map(use))),
        ]
        if let files {
            members.append(
                .init(
                    "files",
                    .list(
                        files.map {
                            .object([
                                .init("path", .string($0.path)), .init("size", .int($0.size)),
                                .init("sha256", .string($0.digest)),
                            ])
                        })))
        }
        return .object(members)
    }

    static func use(_ attempt: AttemptID) -> ParameterValue {
        .object([.init("trial", .string(attempt.trial.description)), .init("attempt", .int(attempt.number))])
    }

    static func json(_ freed: FreedBlobs) -> [ParameterValue.Member] {
        [
            .init("versions", .int(freed.versions)), .init("contents", .int(freed.blobs)),
            .init("freed_bytes", .int(freed.bytes)), .init("kept_contents", Documents.optional(freed.keptBlobs)),
            .init("kept_bytes", Documents.optional(freed.keptBytes)),
        ]
    }
}
