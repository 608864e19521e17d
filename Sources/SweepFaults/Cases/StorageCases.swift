import FoundationEssentials
import GRDB
import Glibc
import SweepModel
import SweepStore
import SweepWire

extension FaultCase {
    /// 23 to 28, 39, 46: disks and databases.
    static let storageCases = [
        FaultCase(23, "controller's disk full", isQuick: false) { rig in
            try rig.mountSmall(rig.home.path, bytes: 8 << 20)
            let controller = try rig.startController()
            let plan = try rig.create(trials: 6, steps: 20, options: ["--pause=60"])
            rig.address = "127.0.0.1:\(try rig.port())"
            try rig.startAgent("a", slots: 2, home: rig.folder + "/agent-home")
            try rig.awaitStarts(2)
            try rig.fill(rig.home.path)
            nap(3)
            let (_, status) = try rig.sweep("controller", "status")
            rig.check(status.contains("full"), "controller status does not say it: \(status)")
            let (_, list) = try rig.sweep("list")
            rig.check(list.contains("full"), "sweep list does not say it: \(list)")
            rig.check(controller.isAlive, "the controller died")
            unlink(rig.home.path + "/filler")
            try rig.finish(plan, within: 60)
            try rig.checkInvariants(plan)
            try rig.checkOverviews(plan)
        },
        FaultCase(24, "agent's disk full", isQuick: false) { rig in
            try rig.startController()
            let home = rig.folder + "/agent-home"
            try rig.mountSmall(home, bytes: 4 << 20)
            rig.address = "127.0.0.1:\(try rig.port())"
            let plan = try rig.create(trials: 6, steps: 20, options: ["--pause=40"])
            let agent = try rig.startAgent("a", home: home)
            try rig.awaitStarts(1)
            try rig.fill(home)
            let shown = try poll(10, every: 0.3) { try rig.sweep("agents").text.contains("full") }
            rig.check(shown, "sweep agents does not say it")
            nap(1)
            rig.check(agent.isAlive, "the agent died")
            unlink(home + "/filler")
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 2, further: 2))
        },
        FaultCase(25, "controller's disk becomes read-only", isQuick: false) { rig in
            try rig.mountSmall(rig.home.path, bytes: 16 << 20)
            let controller = try rig.startController()
            let plan = try rig.create(trials: 4, steps: 20, options: ["--pause=60"])
            rig.address = "127.0.0.1:\(try rig.port())"
            try rig.startAgent("a", home: rig.folder + "/agent-home")
            try rig.awaitStarts(1)
            // Refused by the kernel while a file is open for writing, as it would be by hand: then there is nothing to try.
            guard
                mount("none", rig.home.path, "", UInt(MS_REMOUNT | MS_RDONLY | MS_BIND), nil) == 0
                    || mount("none", rig.home.path, "", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0
            else { throw SkippedCase("the kernel refuses to remount: \(String(cString: strerror(errno)))") }
            nap(2)
            rig.check(controller.isAlive, "the controller died")
            _ = mount("none", rig.home.path, "", UInt(MS_REMOUNT), nil)
            _ = mount("none", rig.home.path, "", UInt(MS_REMOUNT | MS_BIND), nil)
            try rig.finish(plan, within: 60)
            try rig.checkInvariants(plan)
        },
        FaultCase(26, "a damaged page in the database", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 40, steps: 3)
            try rig.startAgent("a", slots: 2)
            try rig.finish(plan)
            let (made, backup) = try rig.sweep("backup")
            rig.check(made == 0, "sweep backup: \(backup)")
            rig.killAgent("a")
            _ = try rig.sweep("controller", "stop")
            try rig.overwritePages()
            let refused = try rig.start([rig.programs + "/sweep", "controller", "--port", "0"], named: "refused")
            rig.check((refused.wait(30) ?? 0) > 0, "a damaged database was not refused")
            let name = backup.split(separator: "\n").first.map { String($0).trimmed } ?? "?"
            rig.check(
                refused.text.contains("sweep restore \(name)"), "the refusal does not name the backup: \(refused.text)")
            let (restored, text) = try rig.sweep("restore")
            rig.check(restored == 0, "sweep restore: \(text)")
            try rig.startController()
            try rig.finish(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(27, "torn log of the database", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 8, steps: 10, options: ["--pause=40"])
            try rig.startAgent("a", slots: 2)
            for round in 0..<3 {
                nap(rig.dice.seconds(0.2...0.6))
                rig.killController()
                let wal = rig.home.database + "-wal"
                if round == 2 {
                    unlink(rig.home.database + "-shm")
                } else {
                    // Behind what was synced only: a disk that loses what it has promised is another matter.
                    let file = open(wal, O_WRONLY | O_APPEND)
                    let garbage = (0..<rig.dice.number(1...9000)).map { _ in UInt8.random(in: 0...255, using: &rig.dice)
                    }
                    _ = garbage.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                    Glibc.close(file)
                }
                try rig.startController()
            }
            try rig.finish(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(28, "torn spool", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 3, steps: 20, options: ["--pause=50"])
            try rig.startAgent("a")
            for round in 0..<2 {
                try rig.awaitStarts(1 + round)
                nap(rig.dice.seconds(0.3...0.8))
                rig.killAgent("a")
                try rig.tearSpools(zeros: round == 0)
                try rig.startAgent("a")
                nap(0.5)
            }
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 1, repeats: true))
        },
        FaultCase(39, "somebody reads the database for long", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 40, steps: 20)
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let reader = try DatabaseQueue(path: rig.home.database, configuration: configuration)
            try reader.inDatabase { database in
                try database.execute(sql: "BEGIN")
                _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM sweeps")
            }
            try rig.startAgent("a", slots: 2)
            try rig.finish(plan)
            try reader.inDatabase { try $0.execute(sql: "COMMIT") }
            try reader.close()
            try rig.checkInvariants(plan)
        },
        FaultCase(46, "a database of an older and of a newer version", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 2)
            try rig.startAgent("a")
            try rig.finish(plan)
            rig.killAgent("a")
            _ = try rig.sweep("controller", "stop")
            let version = try rig.change("PRAGMA user_version")
            _ = try rig.change("PRAGMA user_version = \(version + 100)")
            let refused = try rig.start([rig.programs + "/sweep", "controller", "--port", "0"], named: "refused")
            rig.check(
                (refused.wait(30) ?? 0) > 0 && refused.text.contains("newer sweep"), "a newer database: \(refused.text)"
            )
            _ = try rig.change("PRAGMA user_version = \(version)")
            try rig.startController()
            try rig.checkInvariants(plan)
        },
    ]
}

extension Rig {
    /// Of every attempt it is kept what ran, on which machine.
    func checkOverviews(_ plan: Plan) throws {
        let shelf = try RecordShelf(home.records)
        for attempt in try Record(home).attempts(plan.id) {
            let id = plan.attempt(attempt)
            let isThere = try poll(15) {
                try shelf.bytes(id, RecordFileName.overview) != nil
                    || access("\(home.runFolder(id))/\(RecordFileName.overview)", R_OK) == 0
            }
            check(isThere, "trial \(attempt.trial) has no overview")
        }
    }

    /// Takes what is left of a small disk, to the last byte.
    func fill(_ folder: String) throws {
        let file = open(folder + "/filler", O_WRONLY | O_CREAT, 0o600)
        guard file >= 0 else { throw RigError("no filler in \(folder)") }
        for size in [1 << 20, 1 << 12, 1] {
            let bytes = [UInt8](repeating: 1, count: size)
            while write(file, bytes, size) == size {}
        }
        Glibc.close(file)
    }

    /// Random bytes over the middle half of the database.
    func overwritePages() throws {
        let file = open(home.database, O_RDWR)
        guard file >= 0 else { throw RigError("no database") }
        let size = Int(lseek(file, 0, Int32(SEEK_END)))
        let garbage = (0..<(size / 2)).map { _ in UInt8.random(in: 0...255, using: &dice) }
        pwrite(file, garbage, garbage.count, off_t(size / 4))
        Glibc.close(file)
    }

    /// What a crash of the machine leaves: an end that is cut off, or zeros in its place.
    func tearSpools(zeros: Bool) throws {
        let attempts = home.agentFolder("a") + "/attempts"
        for name in Files.names(attempts) {
            let path = "\(attempts)/\(name)/spool.jsonl"
            let file = open(path, O_RDWR)
            guard file >= 0 else { continue }
            let size = Int(lseek(file, 0, Int32(SEEK_END)))
            let cut = min(size - 1, dice.number(1...400))
            if cut > 0 {
                ftruncate(file, off_t(size - cut))
                if zeros { ftruncate(file, off_t(size)) }
            }
            Glibc.close(file)
        }
    }

    /// Runs SQL on the stopped controller's database; the first column of its first row.
    func change(_ sql: String) throws -> Int {
        let database = try DatabaseQueue(path: home.database)
        defer { try? database.close() }
        return try database.writeWithoutTransaction { try Int.fetchOne($0, sql: sql) ?? 0 }
    }
}
