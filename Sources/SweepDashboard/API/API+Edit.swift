import Hummingbird
import SweepModel
import SweepWire

extension API {
    /// Longest body: a whole sweep file as JSON, and some.
    private static let longestEdit = 1 << 20

    /// An `EditRequest` → what it changed.
    func edit(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        var request = asked.request
        let body = try await request.collectBody(upTo: Self.longestEdit)
        guard let value = try? JSONParser.parse([UInt8](body.readableBytesView)), value.members != nil,
            let edit = try? JSONCoding.decode(EditRequest.self, from: value)
        else {
            throw APIError(
                .badRequest,
                "an edit is {key, because, runCap, budget, parallel, priority, stop, add, drop, range, tries, exclude, "
                    + "include, yaml, isTrial}, all but the key optional")
        }
        let edited = try await backend.edit(id, edit)
        return Answers.ok(try JSONCoding.value(of: edited).jsonBytes(nonFinite: .null))
    }
}
