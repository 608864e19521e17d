import Foundation
import GRDB
import SweepModel
import Testing

@testable import SweepStore

@Suite struct StoreOpeningTests {
    let folder: TemporaryFolder
    var path: String { folder.file("sweep.db") }

    init() throws { folder = try TemporaryFolder() }

    /// What a later release would have: one more table.
    private var next: Schema {
        var schema = Schema.current
        schema.migrations.append(
            .init(version: schema.version + 1) { try $0.execute(sql: "CREATE TABLE added (id INTEGER PRIMARY KEY)") })
        return schema
    }

    @Test func `an older version is migrated, with a complete copy beside it`() throws {
        try Store.open(path).closing { try $0.apply(Sample.running) }
        let migrated = try Store.open(path, schema: next)
        #expect(try migrated.loaded().first?.trials.count == 1)
        #expect(
            try migrated.pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == Schema.current.version + 1)
        #expect(try migrated.pool.read { try $0.tableExists("added") })
        let backup = try Store.open(path + ".v\(Schema.current.version).backup")
        #expect(try backup.loaded().first?.trials.count == 1)
        #expect(try !backup.pool.read { try $0.tableExists("added") })
    }

    @Test func `a migration that fails leaves the file as it was`() throws {
        try Store.open(path).closing { try $0.apply(Sample.running) }
        var broken = Schema.current
        broken.migrations.append(
            .init(version: Schema.current.version + 1) { try $0.execute(sql: "DROP TABLE blocks; SELECT nonsense") })
        #expect(throws: SweepError.self) { try Store.open(path, schema: broken) }
        #expect(try Store.open(path).reports(Sample.attempt).count == 3)
    }

    @Test func `a newer version is refused with both versions and the remedy, and left alone`() throws {
        try Store.open(path, schema: next).close()
        let error = #expect(throws: SweepError.self) { try Store.open(path) }
        let text = try #require(error?.description)
        #expect(text.contains("schema version \(Schema.current.version + 1)"))
        #expect(text.contains("this one knows \(Schema.current.version)"))
        #expect(text.contains("start the newer sweep"))
        #expect(try Store.open(path, schema: next).pool.read { try $0.tableExists("added") })
    }

    @Test(arguments: ["v1", "v2"])
    func `a database written by an earlier version opens, and takes what this one knows`(version: String) throws {
        let dump = try #require(Bundle.module.url(forResource: version, withExtension: "sql"))
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false  // The dump has its tables by name.
        let old = try DatabaseQueue(path: path, configuration: configuration)
        try old.writeWithoutTransaction { try $0.execute(sql: String(contentsOf: dump, encoding: .utf8)) }
        try old.close()
        let store = try Store.open(path)
        let loaded = try #require(try store.loaded().first)
        #expect(loaded.record == Sample.record)
        #expect(loaded.trials.first?.live?.summaries.first?.count == 2)
        #expect(
            try store.reports(Sample.attempt) == [
                Report(step: 1, time: Sample.time(5_000), metrics: ["loss": .infinity, "acc": 0.1]),
                Report(step: nil, time: Sample.time(5_001), metrics: ["acc": 1.0 / 3]),
                Report(step: 3, time: Sample.time(6_000), metrics: ["loss": 0.5]),
            ])
        #expect(FileManager.default.fileExists(atPath: path + ".\(version).backup"))
        #expect(try store.lateResults(Sample.sweep).count == 1)
        let isNew = version != "v1"
        #expect(loaded.trials.first?.curve == (isNew ? Sample.marks : []))
        #expect(loaded.trials.first?.live?.stop == (isNew ? .pruned : nil))
        #expect(loaded.prior == (isNew ? Sample.prior : []))
        if !isNew {
            try store.apply(Sample.learning)
            let again = try #require(try store.loaded().first)
            #expect(again.trials.first?.curve == Sample.marks)
            #expect(again.prior == Sample.prior)
        }
        #expect(try store.notes(Sample.trial).stopping == Sample.stopping)
    }

    @Test func `a damaged file is refused at the start`() throws {
        try Store.open(path).closing { try $0.apply(Sample.finished(2_000) { Double($0) }) }
        #expect((try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0) > 100_000)
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        let size = try handle.seekToEnd()
        for page in stride(from: UInt64(4_096 * 8), to: size, by: 4_096 * 16) {
            try handle.seek(toOffset: page)
            try handle.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
        }
        try handle.close()
        let error = #expect(throws: SweepError.self) { try Store.open(path) }
        #expect(error?.message.contains("is damaged") == true)
        #expect(error?.message.contains("no good backup") == true)
    }

    @Test func `a file that is no database is refused`() throws {
        try Data(repeating: 0x41, count: 10_000).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: SweepError.self) { try Store.open(path) }
        #expect(error?.message.contains("is damaged") == true)
    }

    @Test func `another program's database is refused`() throws {
        let other = try DatabaseQueue(path: path)
        try other.write { try $0.execute(sql: "CREATE TABLE recipes (name TEXT)") }
        try other.close()
        let error = #expect(throws: SweepError.self) { try Store.open(path) }
        #expect(error?.message.contains("another program") == true)
    }

    @Test func `a folder that does not exist is named`() throws {
        let error = #expect(throws: SweepError.self) { try Store.open(folder.file("nowhere/sweep.db")) }
        #expect(error?.message.contains("nowhere/sweep.db") == true)
    }

    @Test func `nobody but its owner reads the file`() throws {
        let store = try Store.open(path)
        try store.apply(Sample.running)
        for suffix in ["", "-wal", "-shm"] {
            let mode = try FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(suffix)")
        }
    }

    @Test func `an orderly end leaves the database in one file`() throws {
        try Store.open(path).closing { store in
            try store.apply(Sample.running)
            _ = try store.sweeps()
        }
        let wal = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
        #expect(wal ?? 0 == 0)
    }

    @Test func `commits are synchronous and the log is a WAL`() throws {
        let store = try Store.open(path)
        let (synchronous, journal) = try store.pool.writeWithoutTransaction {
            (
                try Int.fetchOne($0, sql: "PRAGMA synchronous"), try String.fetchOne($0, sql: "PRAGMA journal_mode")
            )
        }
        #expect(synchronous == 2)
        #expect(journal == "wal")
    }

    @Test(arguments: [
        "UPDATE trials SET state = 'sleeping'", "UPDATE trials SET number = 0", "UPDATE sweeps SET state = 'lost'",
        "UPDATE attempts SET outcome = 'completed'", "UPDATE attempts SET trial = 7",
        "DELETE FROM trials; SELECT 1/0 +",
        "INSERT INTO blocks VALUES ('abc23456', 1, 2, 0, 1, x'00')",
        "INSERT INTO chunks VALUES (7, 0, 0, 1, x'00')", "UPDATE trials SET objective = 'good'",
    ])
    func `the schema itself refuses what cannot be`(_ sql: String) throws {
        let store = try Store.open(path)
        try store.apply(Sample.running)
        #expect(throws: DatabaseError.self) { try store.pool.write { try $0.execute(sql: sql) } }
        #expect(try store.trial(Sample.trial)?.progress.state == .running)
    }
}

extension Store {
    /// For setting a file up: does `body` and lets go of the file.
    func closing(_ body: (Store) throws -> Void) throws {
        try body(self)
        try close()
    }
}
