import SweepModel
import SweepWire

/// All that is recorded of a trial and can be compared: names and values by kind.
struct TrialFacts {
    struct Difference: Equatable {
        var kind: String
        var name: String
        var first: ParameterValue?
        var second: ParameterValue?
    }

    let id: TrialID
    /// In the order in which they are shown.
    let facts: [(kind: String, name: String, value: ParameterValue)]

    /// - Throws: when there is no such trial. What its record lacks is left out.
    static func read(_ text: String, _ client: Client, _ session: Session) async throws -> TrialFacts {
        let (id, _) = try await Selection.trial(text, client, session)
        let row = try await client.trial(id).row
        var files: [String: [UInt8]] = [:]
        for name in [RecordFileName.overview, RecordFileName.diff, RecordFileName.requirements] {
            files[name] = try await client.recordFile(name, of: id)
        }
        return TrialFacts(row, files: files)
    }

    init(_ row: TrialRow, files: [String: [UInt8]]) {
        id = row.id
        var facts: [(kind: String, name: String, value: ParameterValue)] = []
        for parameter in row.params.flattened { facts.append(("parameter", parameter.name, parameter.value)) }
        for metric in row.metrics.sorted(by: { $0.key < $1.key }) {
            facts.append(("metric", metric.key, .double(metric.value)))
        }
        facts.append(("outcome", "state", .string(row.state.rawValue)))
        if let reason = row.reason { facts.append(("outcome", "reason", .string(reason))) }
        if let start = row.started, let end = row.ended {
            facts.append(("outcome", "duration", .string(TimeText.duration(end.seconds(since: start)))))
        }
        facts += Self.overview(files[RecordFileName.overview] ?? [])
        let patch = String(decoding: files[RecordFileName.diff] ?? [], as: UTF8.self)
        for (file, change) in Self.changes(patch) {
            facts.append(("code", file, .string("\(change.split(separator: "\n").count) lines, \(Self.mark(change))")))
        }
        let lines = String(decoding: files[RecordFileName.requirements] ?? [], as: UTF8.self).split(separator: "\n")
        for line in lines {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let version = parts.count > 1 ? parts[1].drop { $0 == "=" } : ""
            facts.append(("package", String(parts[0]), .string(String(version))))
        }
        self.facts = facts
    }

    private static func overview(_ bytes: [UInt8]) -> [(kind: String, name: String, value: ParameterValue)] {
        guard let overview = try? JSONParser.parse(bytes) else { return [] }
        var facts: [(kind: String, name: String, value: ParameterValue)] = []
        func add(_ kind: String, _ name: String, _ value: ParameterValue?) {
            if let value, value != .null { facts.append((kind, name, value)) }
        }
        if case .list(let argv)? = overview["command"] {
            add("command", "argv", .string(ShellText.line(argv.map { $0.string ?? $0.json() })))
        }
        for name in ["executable", "directory", "seed"] { add("command", name, overview[name]) }
        for member in overview["environment"]?.members ?? [] { add("environment", member.key, member.value) }
        for name in ["user", "host", "os", "kernel", "memory", "driver", "cuda", "container"] {
            add("machine", name, overview[name])
        }
        add("machine", "cpu", overview["cpu"]?["model"])
        if case .list(let gpus)? = overview["gpus"] {
            for (index, gpu) in gpus.enumerated() { add("machine", "gpu \(index)", gpu["name"]) }
        }
        for name in ["version", "executable", "conda"] { add("python", name, overview["python"]?[name]) }
        for name in ["remote", "branch", "commit", "dirty"] { add("code", name, overview["code"]?[name]) }
        return facts
    }

    /// The files that a patch changes, each with its part of it.
    static func changes(_ patch: String) -> [(file: String, change: String)] {
        var changes: [(file: String, change: String)] = []
        for line in patch.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("diff --git a/") {
                let rest = line.dropFirst("diff --git a/".count)
                changes.append((String(rest.firstRange(of: " b/").map { rest[..<$0.lowerBound] } ?? rest), ""))
            } else if !changes.isEmpty {
                changes[changes.count - 1].change += line + "\n"
            }
        }
        return changes
    }

    /// Eight characters that differ where texts do (FNV-1a).
    private static func mark(_ text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String((String(repeating: "0", count: 16 - digits.count) + digits).prefix(8))
    }

    static func compare(_ a: TrialFacts, _ b: TrialFacts) -> [Difference] {
        var rows: [Difference] = []
        var places: [String: Int] = [:]
        for fact in a.facts where places["\(fact.kind)\n\(fact.name)"] == nil {
            places["\(fact.kind)\n\(fact.name)"] = rows.count
            rows.append(Difference(kind: fact.kind, name: fact.name, first: fact.value))
        }
        for fact in b.facts {
            if let place = places["\(fact.kind)\n\(fact.name)"] {
                rows[place].second = fact.value
            } else {
                places["\(fact.kind)\n\(fact.name)"] = rows.count
                rows.append(Difference(kind: fact.kind, name: fact.name, second: fact.value))
            }
        }
        var order: [String] = []
        for row in rows where !order.contains(row.kind) { order.append(row.kind) }
        return order.flatMap { kind in rows.filter { $0.kind == kind } }
    }
}

extension Client {
    /// A file of the record of a trial's newest attempt; nil where there is none.
    func recordFile(_ name: String, of id: TrialID) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        do {
            try await stream(.recordFile(id, attempt: nil, name: name)) { item in
                bytes += try JSONCoding.decode(LogPiece.self, from: item).bytes
            }
        } catch let error as SweepError where [.notFound, .conflict, .usage].contains(error.category) {
            return nil
        }
        return bytes.isEmpty ? nil : bytes
    }
}
