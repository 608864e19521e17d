import Hummingbird
import SweepModel

/// What is answered instead of what was asked for: `{"error": {"category", "message", "remedy"}}`.
struct APIError: Error {
    var status: HTTPResponse.Status
    var message: String
    var remedy: String?
    var category: SweepError.Category

    init(_ status: HTTPResponse.Status, _ message: String, remedy: String? = nil) {
        self.status = status
        self.message = message
        self.remedy = remedy
        category = status == .notFound ? .notFound : status.code == 401 || status.code == 403 ? .denied : .usage
    }

    init(_ error: SweepError) {
        message = error.message
        remedy = error.remedy
        category = error.category
        status =
            switch error.category {
            case .usage: .badRequest
            case .notFound: .notFound
            case .conflict: .conflict
            case .unavailable, .tryAgain: .serviceUnavailable
            case .denied: .forbidden
            case .failed: .internalServerError
            }
    }

    var bytes: [UInt8] {
        JSONBytes.object { json in
            json.object("error") { json in
                json.member("category", category.rawValue)
                json.member("message", message)
                json.member("remedy", remedy)
            }
        }
    }
}
