import Hummingbird
import SweepModel
import SweepStore

/// What the search says of its sweep.
extension API {
    func insight(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        let (columns, version) = try await columns(of: id)
        return try await dear.answer("insight \(id)", version: version) { [backend] in
            let insight = try await backend.insight(of: id)
            return JSONBytes.object { json in
                json.array("importance") { json in
                    for share in insight.shares {
                        json.object { json in
                            json.member("name", share.name)
                            json.member("share", share.share)
                            json.member("deviation", share.deviation)
                            json.member("rho", columns.rankCorrelation(of: share.name))
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
            }
        }
    }

    /// The model's curves, and with `?across=` and `?up=` its heights over two parameters.
    func landscape(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        let (_, version) = try await columns(of: id)
        let names = [try asked.query.text("across"), try asked.query.text("up")].compactMap { $0 }
        let pair = names.count == 2 ? (names[0], names[1]) : nil
        // A few pairs are looked at, not all there are.
        return try await dear.answer("landscape \(id) \(names)", version: version) { [backend] in
            try await backend.landscape(of: id, pair: pair).jsonBytes(nonFinite: .null)
        }
    }

    /// Of a metric the smallest and the largest value that each trial's newest attempt reported.
    func extremes(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        guard let metric = try asked.query.text("metric", limit: 1000) else {
            throw APIError(.badRequest, "'metric' is missing")
        }
        let (_, version) = try await columns(of: id)
        let tag = "\(epoch)-\(version)-\(Self.hash(metric))"
        if Answers.matches(asked.request.headers[.ifNoneMatch], "\"\(tag)\"") {
            return Answers.tagged(asked.request, tag) { [] }
        }
        let found = try await blocking { [store] in try store.extremes(of: metric, in: id, limit: Self.mostTrials) }
        return Answers.tagged(asked.request, tag) {
            JSONBytes.object { json in
                json.members("number", found.map(\.trial))
                json.members("low", found.map(\.low))
                json.members("high", found.map(\.high))
            }
        }
    }
}
