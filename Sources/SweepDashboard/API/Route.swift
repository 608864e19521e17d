import Hummingbird
import SweepModel

/// One address of the API. The list of them (`APIRoutes.all`) is what the server serves and what `openapi.json` is held
/// against.
struct Route: Sendable {
    /// Who may ask.
    enum Need: Sendable {
        /// Anybody: signing in, and the pages' own files, which hold nothing of a run.
        case nothing
        /// Whoever may read the sweep in the path.
        case reading
        case everything
    }

    typealias Handler = @Sendable (API, APIRequest) async throws -> Response

    var method: HTTPRequest.Method
    /// With parameters in braces: `/api/v1/sweeps/{sweep}`.
    var path: String
    var need: Need
    var handler: Handler

    init(_ method: HTTPRequest.Method, _ path: String, _ need: Need = .reading, _ handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.need = need
        self.handler = handler
    }
}

/// A request with what its path says.
struct APIRequest: Sendable {
    var request: Request
    var parameters: [String: String]
    var grant: Access.Grant
    var query: Query { Query(request) }

    func parameter(_ name: String) throws(APIError) -> String {
        guard let value = parameters[name], !value.isEmpty, value.utf8.count <= 200 else {
            throw APIError(.notFound, "no such address")
        }
        return value
    }

    /// The trial in the path.
    func trial(of sweep: SweepID) throws(APIError) -> TrialID {
        guard let number = Int(try parameter("trial")), number > 0 else {
            throw APIError(.notFound, "a trial is named by its number")
        }
        return TrialID(sweep, number)
    }
}
