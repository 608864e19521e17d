import Hummingbird
import SweepModel
import SweepStore
import SweepWire

/// Notes, tags, stars.
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
}

extension Remark {
    func write(into json: inout JSONBytes) {
        json.member("note", note)
        json.members("tags", tags)
        json.member("star", star)
    }
}
