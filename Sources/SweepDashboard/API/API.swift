import Hummingbird
import Logging
import NIOCore
import NIOPosix
import SweepModel
import SweepStore
import SweepWire

/// Answers requests: finds the route, sees to it that whoever asks may, and turns errors into answers.
struct API: Sendable {
    var store: Store
    var backend: any DashboardBackend
    var configuration: DashboardConfiguration
    var access: Access
    var feeds: FeedBook
    /// What is learnt from all trials, and what is read of many.
    var dear = PacedAnswers(seconds: 15)
    var read: PacedAnswers
    var streams: StreamCount
    var threads: NIOThreadPool
    var pages: Pages
    /// Different after each start, so that no version number of an earlier one is taken for one of this.
    var epoch: String
    var logger: Logger

    /// Anything that can be asked for, as `path components → route`.
    private static let table: [(method: HTTPRequest.Method, parts: [Substring], route: Route)] =
        APIRoutes.all.map { ($0.method, $0.path.split(separator: "/"), $0) }

    func respond(to request: Request) async -> Response {
        var response: Response
        do {
            try access.check(request)
            response = try await route(request)
        } catch let error as APIError {
            response = Answers.error(error)
        } catch let error as SweepError {
            response = Answers.error(APIError(error))
        } catch is CancellationError {
            response = Answers.error(APIError(.serviceUnavailable, "the controller is ending"))
        } catch is NIOTooManyBytesError {
            response = Answers.error(APIError(.contentTooLarge, "the request is larger than what is asked here"))
        } catch {
            logger.warning("a request failed: \(error)")
            response = Answers.error(APIError(.internalServerError, "the controller could not answer; see its log"))
        }
        Answers.addHeaders(to: &response, isSecure: configuration.tls != nil)
        if request.method == .head { response.body = ResponseBody() }
        return response
    }

    private func route(_ request: Request) async throws -> Response {
        let method = request.method == .head ? .get : request.method
        let parts = request.uri.path.split(separator: "/")
        var isPath = false
        for entry in Self.table {
            guard let parameters = Self.match(entry.parts, parts) else { continue }
            isPath = true
            guard entry.method == method else { continue }
            let grant = access.grant(request)
            let asked = APIRequest(request: request, parameters: parameters, grant: grant)
            switch entry.route.need {
            case .nothing: break
            case .everything:
                guard grant == .full else { throw Self.signIn(grant) }
            case .reading:
                guard grant == .full || parameters["sweep"].map({ grant == .link(SweepID($0)) }) == true else {
                    throw Self.signIn(grant)
                }
            }
            return try await entry.route.handler(self, asked)
        }
        guard method == .get, !isPath else {
            throw APIError(isPath ? .methodNotAllowed : .notFound, "no such address: \(request.uri.path.prefix(200))")
        }
        if parts.first == "api" { throw APIError(.notFound, "no such address: \(request.uri.path.prefix(200))") }
        return try pages.respond(to: request, parts, access)
    }

    private static func signIn(_ grant: Access.Grant) -> APIError {
        switch grant {
        case .link: APIError(.forbidden, "this link reads one sweep only")
        case .none, .full:
            APIError(
                .unauthorized, "this controller's token is asked for",
                remedy: "open the address that 'sweep dashboard' prints")
        }
    }

    /// What the braces of a route stand for in `parts`; nil when it does not fit.
    private static func match(_ route: [Substring], _ parts: [Substring]) -> [String: String]? {
        guard route.count == parts.count else { return nil }
        var parameters: [String: String] = [:]
        for (pattern, part) in zip(route, parts) {
            if pattern.hasPrefix("{") {
                guard let text = part.removingURLPercentEncoding() else { return nil }
                parameters[String(pattern.dropFirst().dropLast())] = text
            } else if pattern != part {
                return nil
            }
        }
        return parameters
    }

    /// Runs what reads the store or a file on a thread that may block.
    func blocking<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await threads.runIfActive { try body() }
    }

    /// The sweep that the path names, with everything of it.
    func sweep(_ request: APIRequest) async throws -> SweepRow {
        try await backend.sweep(try request.parameter("sweep"))
    }

    /// Its id: whole ids cost no look.
    func sweepID(_ request: APIRequest) async throws -> SweepID {
        let text = try request.parameter("sweep")
        if backend.facts(of: SweepID(text)) != nil { return SweepID(text) }
        return try await backend.sweep(text).id
    }

    func columns(of id: SweepID) async throws -> (columns: TrialColumns, version: Int) {
        let feed = feeds.feed(of: id)
        return try await blocking { try feed.current() }
    }
}

extension StringProtocol {
    /// `%20` and the like as what they stand for; nil when that is no UTF-8.
    func removingURLPercentEncoding() -> String? {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2,
                    let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
