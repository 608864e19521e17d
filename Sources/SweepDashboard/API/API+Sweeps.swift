import Foundation
import Hummingbird
import SweepModel
import SweepStore
import SweepWire

extension API {
    /// The most trials of one answer: what a page can show and brush at once.
    static let mostTrials = 10_000

    func sweepList() async throws -> Response {
        let rows = try await backend.sweeps()
        return Answers.ok(
            JSONBytes.object { json in
                json.array("sweeps") { json in
                    for row in rows { json.value((try? JSONCoding.value(of: row)) ?? .null) }
                }
            })
    }

    func sweepDetails(_ asked: APIRequest) async throws -> Response {
        let row = try await sweep(asked)
        let facts = backend.facts(of: row.id)
        let (columns, version) = try await columns(of: row.id)
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let used = try await blocking { [store] in try store.slotSeconds(row.id, now: now) }
        let key = access.linkKey(of: row.id)
        return Answers.ok(
            JSONBytes.object { json in
                json.member("version", version)
                json.member("sweep", (try? JSONCoding.value(of: row)) ?? .null)
                if var facts {
                    facts.axes = columns.axes(of: facts)
                    json.object("facts") { facts.write(into: &$0) }
                }
                json.object("strip") { SweepStrip(columns, facts: facts).write(into: &$0) }
                json.object("cost") { json in
                    json.member("slotSeconds", used.seconds)
                    json.member("attempts", used.attempts)
                }
                json.members("metricNames", columns.metrics.map(\.name))
                json.member("hiddenMetrics", columns.hiddenMetrics.count)
                json.member("now", now)
                // Whoever only has a link cannot act; whoever may act can share.
                json.member("mayAct", asked.grant == .full)
                if asked.grant == .full { json.member("link", "\(row.id).\(key)") }
            })
    }

    /// Columns of trials, all or a sample of them, filtered by an expression where there is one.
    func trialTable(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        let limit = try asked.query.number("limit", in: 1...Self.mostTrials, default: 5000)
        let expression = try asked.query.text("where", limit: TrialFilter.maximumLength)
        let metrics = try asked.query.all("metric", most: 50)
        let asks = try asked.query.all("derive", most: 20).map { try Self.derived($0) }
        let (columns, version) = try await columns(of: id)
        let facts = backend.facts(of: id)
        let goal = facts?.objective?.goal ?? .minimize
        let tag = "\(epoch)-\(version)-\(Self.hash(asked.request.uri.query ?? ""))"
        if Answers.matches(asked.request.headers[.ifNoneMatch], "\"\(tag)\"") {
            return Answers.tagged(asked.request, tag) { [] }
        }
        let bytes = try await blocking {
            // Of the file's own, one that cannot be evaluated yet is nothing; a person hears why.
            let derived = try columns.derived(facts?.derived ?? [], asks)
            let chosen = try expression.map { try columns.rows(where: $0, derived) }
            let indices = columns.sample(limit, goal: goal, among: chosen)
            var json = JSONBytes(capacity: indices.count * 80)
            json.object { json in
                json.member("version", version)
                json.member("total", columns.count)
                json.member("matching", chosen?.count ?? columns.count)
                json.member("shown", indices.count)
                columns.write(
                    indices, metrics: metrics.isEmpty ? nil : Set(metrics), derived: derived, into: &json)
            }
            return json.bytes
        }
        return Answers.tagged(asked.request, tag) { bytes }
    }

    /// `gap=val_loss - loss`
    private static func derived(_ text: String) throws(APIError) -> DerivedMetric {
        let parts = text.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw APIError(.badRequest, "'derive' is a name, '=', and an SQL expression")
        }
        return DerivedMetric(parts[0], parts[1])
    }

    /// Value against trial number for a chart of `width` pixels: of each pixel column and state the smallest and the
    /// largest, and every step of the best so far.
    func history(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        let width = try asked.query.number("width", in: 50...4000, default: 1000)
        let (columns, version) = try await columns(of: id)
        let goal = backend.facts(of: id)?.objective?.goal ?? .minimize
        return Answers.tagged(asked.request, "\(epoch)-\(version)-\(width)") {
            let history = SweepHistory(columns, goal: goal, width: width)
            return JSONBytes.object { json in
                json.member("version", version)
                json.member("total", columns.count)
                history.write(columns, into: &json)
            }
        }
    }

    func timeline(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        let limit = try asked.query.number("limit", in: 1...20_000, default: 5000)
        let (_, version) = try await columns(of: id)
        return try await read.answer("timeline \(id) \(limit)", version: version) {
            try await blocking { [store] in Self.timeline(try store.slotUses(id, limit: limit)) }
        }
    }

    private static func timeline(_ uses: [SlotUse]) -> [UInt8] {
        let origin = uses.first?.assigned.milliseconds ?? 0
        var slots: [String: Int] = [:]
        var names: [String] = []
        let places = uses.map { use in
            let name = "\(use.agentName):\(use.slot)"
            if let place = slots[name] { return place }
            slots[name] = names.count
            names.append(name)
            return names.count - 1
        }
        return JSONBytes.object { json in
            json.member("origin", Int(origin))
            json.members("slots", names)
            json.members("trial", uses.map(\.trial))
            json.members("attempt", uses.map(\.attempt))
            json.members("slot", places)
            json.members("from", uses.map { Int($0.assigned.milliseconds - origin) })
            json.array("to") { json in
                for use in uses { json.value(use.ended.map { Int($0.milliseconds - origin) }) }
            }
            json.array("outcome") { json in for use in uses { json.value(use.outcome?.rawValue) } }
        }
    }

    /// One row a trial, for `pandas.read_csv`.
    func trialsCSV(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        let expression = try asked.query.text("where", limit: TrialFilter.maximumLength)
        let (columns, version) = try await columns(of: id)
        let rules = backend.facts(of: id)?.derived ?? []
        let bytes = try await blocking {
            let derived = try columns.derived(rules, [])
            let chosen = try expression.map { try columns.rows(where: $0, derived) } ?? Array(columns.numbers.indices)
            return columns.csv(chosen, derived)
        }
        var response = Answers.tagged(
            asked.request, "\(epoch)-\(version)-\(Self.hash(expression ?? ""))", type: Answers.csv
        ) { bytes }
        response.headers[.contentDisposition] = "inline; filename=\"\(id)-trials.csv\""
        return response
    }

    /// FNV-1a: tells query strings apart in an ETag.
    static func hash(_ text: String) -> String {
        String(text.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 36)
    }
}

extension SweepFacts {
    func write(into json: inout JSONBytes) {
        json.member("method", method)
        json.member("metric", objective?.metric)
        json.member("goal", objective?.goal.rawValue)
        json.member("target", objective?.target)
        json.member("summary", objective?.summary.rawValue)
        json.member("expected", expected)
        json.member("parallel", parallel)
        json.member("repetitions", repetitions)
        json.member("gpus", gpus)
        json.members("derived", derived.map(\.name))
        json.array("axes") { json in
            for axis in axes {
                json.object { json in
                    json.member("name", axis.name)
                    json.member("scale", axis.scale.rawValue)
                    json.member("low", axis.low)
                    json.member("high", axis.high)
                    json.array("values") { json in for value in axis.values { json.value(value) } }
                    json.member("law", axis.law)
                    json.member("constant", axis.isConstant)
                }
            }
        }
    }
}
