import GRDB
import SweepModel

/// The table `sweeps`: one `SweepRecord` a row.
enum SweepTable {
    static func insert(_ record: SweepRecord, _ database: Database) throws {
        try database.run(
            """
            INSERT INTO sweeps (id, name, yaml, file, created_in, seed, state, reason, created, ended)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            [
                record.id.text, record.name, record.yaml, record.file, record.createdIn, Int64(bitPattern: record.seed),
                record.state.rawValue, record.reason, record.created.milliseconds, record.ended?.milliseconds,
            ])
    }

    /// `ended` is when it reached the last of the states from which nothing is handed out; a resumed sweep has none.
    static func setState(
        _ id: SweepID, _ state: SweepState, reason: String?, at time: Timestamp, _ database: Database
    ) throws {
        let isOver = state == .finished || state == .stopped || state == .cancelled
        try database.run(
            "UPDATE sweeps SET state = ?, reason = ?, ended = ? WHERE id = ?",
            [state.rawValue, reason, isOver ? time.milliseconds : nil, id.text])
    }

    static func delete(_ id: SweepID, _ database: Database) throws {
        try database.run("DELETE FROM sweeps WHERE id = ?", [id.text])
        try database.run("DELETE FROM artifact_numbers WHERE scope = ?", [id.text])
    }

    static let columns = "id, name, yaml, file, created_in, seed, state, reason, created, ended"

    static func record(_ row: Row) throws -> SweepRecord {
        SweepRecord(
            id: SweepID(row[0]), name: row[1], yaml: row[2], file: row[3], createdIn: row[4],
            seed: UInt64(bitPattern: row[5]), state: try row.known(6, "sweeps.state"), reason: row[7],
            created: Timestamp(milliseconds: row[8]), ended: row.time(9))
    }
}
