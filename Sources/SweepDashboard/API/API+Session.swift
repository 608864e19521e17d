import Hummingbird
import SweepModel
import SweepWire

extension API {
    /// `{"token": …}` → a cookie that stands for it.
    func signIn(_ asked: APIRequest) async throws -> Response {
        var request = asked.request
        let body = try await request.collectBody(upTo: 4096)
        let value = (try? JSONParser.parse([UInt8](body.readableBytesView))) ?? .null
        guard let token = value["token"]?.string, let session = access.session(for: token) else {
            throw APIError(
                .unauthorized, "that is not this controller's token",
                remedy:
                    "it is in the file 'token' of the controller's folder (~/.sweep); 'sweep dashboard' prints an address with it"
            )
        }
        return Response(status: .noContent, headers: [.setCookie: cookie(session, age: 31_536_000)])
    }

    func signOut() -> Response {
        Response(status: .noContent, headers: [.setCookie: cookie("", age: 0)])
    }

    /// No script reads it, no other site's page sends it with a change.
    private func cookie(_ value: String, age: Int) -> String {
        "\(Access.cookie)=\(value); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(age)\(configuration.tls == nil ? "" : "; Secure")"
    }

    func status() async throws -> Response { Answers.ok(try JSONCoding.encode(try await backend.status())) }

    func agents() async throws -> Response {
        let rows = try await backend.agents()
        return Answers.ok(
            JSONBytes.object { json in
                json.array("agents") { json in
                    for row in rows { json.value((try? JSONCoding.value(of: row)) ?? .null) }
                }
            })
    }

    /// `?slot=` names one; without it all of the agent's slots take trials again.
    func release(_ asked: APIRequest) async throws -> Response {
        let slot = try asked.query.number("slot", in: 0...4095)
        try await backend.perform(.release(try asked.parameter("agent"), slot: slot))
        return Response(status: .noContent)
    }

    func act(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        let action = try asked.parameter("action")
        let known: [String: DashboardAction] = [
            "pause": .pause(id), "resume": .resume(id), "stop": .stop(id), "cancel": .cancel(id),
            "retry-failed": .retryFailed(id),
        ]
        guard let known = known[action] else { throw APIError(.notFound, "no action '\(action.prefix(40))'") }
        try await backend.perform(known)
        return Response(status: .noContent)
    }

    func actOnTrial(_ asked: APIRequest) async throws -> Response {
        let trial = try asked.trial(of: try await sweepID(asked))
        let action = try asked.parameter("action")
        let known: [String: DashboardAction] = ["cancel": .cancelTrial(trial), "retry": .retryTrial(trial)]
        guard let known = known[action] else { throw APIError(.notFound, "no action '\(action.prefix(40))'") }
        try await backend.perform(known)
        return Response(status: .noContent)
    }
}
