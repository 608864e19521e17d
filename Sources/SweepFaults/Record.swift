import GRDB
import Glibc
import SweepModel
import SweepStore
import SweepWire

/// The controller's database, read from outside while the controller runs.
struct Record {
    struct Trial {
        var number: Int
        var x: Int
        var state: String
        var attempt: Int
        var objective: Double?
        var failures: Int
        var losses: Int
        var reason: String?
    }

    struct Attempt {
        var trial: Int
        var number: Int
        var agent: String
        var outcome: String?
        var reason: String?
        var hasEnd: Bool
        var hasStarted: Bool
        /// In the order of their numbers.
        var steps: [Int]
    }

    /// A version of an artifact.
    struct Version {
        var trial: Int
        var attempt: Int
        var name: String
        var version: Int
        var files: [(path: String, size: Int, digest: String)]
    }

    private let database: DatabaseQueue
    private let path: String

    init(_ home: SweepHome) throws {
        path = home.database
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        database = try DatabaseQueue(path: home.database, configuration: configuration)
    }

    func finalTrials(_ sweep: String) throws -> Int {
        try database.read {
            try Int.fetchOne(
                $0,
                sql: """
                    SELECT count(*) FROM trials WHERE sweep = ?
                    AND state IN ('completed', 'pruned', 'failed', 'cancelled')
                    """,
                arguments: [sweep]) ?? 0
        }
    }

    func trials(_ sweep: String) throws -> [Trial] {
        try database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, parameters ->> 'x', state, attempt, objective, failures, losses, reason FROM trials
                    WHERE sweep = ? ORDER BY number
                    """,
                arguments: [sweep]
            ).map {
                Trial(
                    number: $0[0], x: $0[1], state: $0[2], attempt: $0[3], objective: $0[4], failures: $0[5],
                    losses: $0[6], reason: $0[7])
            }
        }
    }

    func attempts(_ sweep: String) throws -> [Attempt] {
        let store = try Store.open(path)
        return try database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT trial, number, agent_name, outcome, reason, process_ended IS NOT NULL, started IS NOT NULL FROM attempts
                    WHERE sweep = ? ORDER BY trial, number
                    """,
                arguments: [sweep]
            )
        }.map { row in
            let id = AttemptID(TrialID(SweepID(sweep), row[0]), row[1])
            return Attempt(
                trial: row[0], number: row[1], agent: row[2], outcome: row[3], reason: row[4], hasEnd: row[5],
                hasStarted: row[6], steps: try store.reports(id).compactMap(\.step))
        }
    }

    /// What trials have left.
    func versions(_ sweep: String) throws -> [Version] {
        try database.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT id, trial, attempt, name, version FROM artifacts WHERE sweep = ? ORDER BY id",
                arguments: [sweep]
            ).map { row in
                let files = try Row.fetchAll(
                    database, sql: "SELECT path, size, digest FROM artifact_files WHERE artifact = ?",
                    arguments: [row[0] as Int])
                return Version(
                    trial: row[1], attempt: row[2], name: row[3], version: row[4],
                    files: files.map { ($0[0], $0[1], $0[2]) })
            }
        }
    }

    /// Reports of all attempts together.
    func reportCount(_ sweep: String) throws -> Int {
        try database.read {
            try Int.fetchOne($0, sql: "SELECT sum(reports) FROM attempts WHERE sweep = ?", arguments: [sweep]) ?? 0
        }
    }

    func lateResults(_ sweep: String) throws -> Int {
        try database.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM late_results WHERE sweep = ?", arguments: [sweep]) ?? 0
        }
    }

    func integrity() throws -> String {
        try database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") ?? "nothing" }
    }
}

/// What the trainers wrote down of themselves: the truth about what ran.
struct StartLog {
    struct Line {
        var what: String
        var trial: String
        var attempt: Int
        var pid: pid_t
        /// Milliseconds on the machine's monotonic clock.
        var time: Int
        var number: Int
    }

    let lines: [Line]

    init(_ rig: Rig) {
        lines = Files.text(rig.folder + "/starts").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 6, let attempt = Int(words[2]), let pid = pid_t(words[3]), let time = Int(words[4]),
                let number = Int(words[5])
            else { return nil }
            return Line(
                what: String(words[0]), trial: String(words[1]), attempt: attempt, pid: pid, time: time, number: number)
        }
    }

    var starts: [Line] { lines.filter { $0.what == "start" } }
    func all(_ what: String) -> [Line] { lines.filter { $0.what == what } }

    /// The newest trainer of the trial.
    func pid(of trial: String) -> pid_t? { starts.last { $0.trial == trial }?.pid }
}
