import Hummingbird
import SweepModel
import SweepStore
import SweepWire

/// Notes, tags, stars; and what the search says of its sweep.
extension API {
    /// `{"sweep": {…}, "trials": {"12": {"note", "tags", "star"}}}`
    func remarks(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        let remarks = try await blocking { [store] in try store.remarks(id) }
        return Answers.ok(
            JSONBytes.object { json in
                json.object("sweep") { (remarks[0] ?? Remark()).write(into: &$0) }
                json.object("trials") { json in
                    for (trial, remark) in remarks.sorted(by: { $0.key < $1.key }) where trial > 0 {
                        json.object("\(trial)") { remark.write(into: &$0) }
                    }
                }
            })
    }

    /// `{"note"?, "addedTags"?, "removedTags"?, "star"?}` → the remark as it is then.
    func changeRemark(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        let trial = asked.parameters["trial"] == nil ? nil : try asked.trial(of: id).number
        var request = asked.request
        let body = try await request.collectBody(upTo: 2 * RemarkChange.longestNote)
        guard let value = try? JSONParser.parse([UInt8](body.readableBytesView)), value.members != nil,
            let change = try? JSONCoding.decode(RemarkChange.self, from: value)
        else { throw APIError(.badRequest, "a remark is {note, addedTags, removedTags, star}, each of them optional") }
        let remark = try await backend.remark(id, trial: trial, change)
        return Answers.ok(JSONBytes.object { remark.write(into: &$0) })
    }

    func insight(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        let (_, version) = try await columns(of: id)
        let insight = try await insights.insight(of: id, version: version, backend)
        return Answers.ok(
            JSONBytes.object { json in
                json.array("importance") { json in
                    for share in insight.shares {
                        json.object { json in
                            json.member("name", share.name)
                            json.member("share", share.share)
                            json.member("deviation", share.deviation)
                        }
                    }
                }
                json.member("together", insight.together)
                json.member("learntFrom", insight.learntFrom)
                json.member("problem", insight.problem)
                if let forecast = insight.forecast {
                    json.object("forecast") { json in
                        json.member("trials", forecast.trials)
                        json.member("chance", forecast.chance)
                        json.member("improvement", forecast.improvement)
                        json.member("basis", forecast.basis)
                    }
                }
            })
    }
}

extension Remark {
    func write(into json: inout JSONBytes) {
        json.member("note", note)
        json.members("tags", tags)
        json.member("star", star)
    }
}

/// Insights are dear: each is worked out once for all pages, and not again before `pace` seconds are over.
actor InsightBook {
    private struct Entry {
        var version: Int
        var time: ContinuousClock.Instant
        var insight: Task<SweepInsight, any Error>
    }

    private static let pace = Duration.seconds(15)
    private var entries: [SweepID: Entry] = [:]

    func insight(of id: SweepID, version: Int, _ backend: any DashboardBackend) async throws -> SweepInsight {
        if let entry = entries[id], entry.version == version || ContinuousClock.now - entry.time < Self.pace {
            return try await entry.insight.value
        }
        // As many as sweeps are looked at; the oldest go.
        if entries.count >= FeedBook.maximum, let oldest = entries.min(by: { $0.value.time < $1.value.time }) {
            entries[oldest.key] = nil
        }
        let task = Task { try await backend.insight(of: id) }
        entries[id] = Entry(version: version, time: .now, insight: task)
        do {
            return try await task.value
        } catch {
            entries[id] = nil
            throw error
        }
    }
}
