import Hummingbird
import HummingbirdCore
import SweepModel

/// What stands behind the `?` of an address, checked.
struct Query: Sendable {
    private let values: FlatDictionary<Substring, Substring>

    init(_ request: Request) { values = request.uri.queryParameters }

    func text(_ name: String, limit: Int = 4000) throws(APIError) -> String? {
        guard let value = values[Substring(name)], !value.isEmpty else { return nil }
        guard value.utf8.count <= limit else { throw APIError(.badRequest, "'\(name)' has more than \(limit) bytes") }
        // The library decodes %XX; a plus for a space is forms' way.
        return String(value)
    }

    func number(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws(APIError) -> Int {
        guard let text = try text(name) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw APIError(
                .badRequest, "'\(name)' is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        try text(name) == nil ? nil : number(name, in: range, default: 0)
    }

    /// `1,2,3`, at most `most` of them.
    func numbers(_ name: String, most: Int) throws(APIError) -> [Int]? {
        guard let text = try text(name) else { return nil }
        let parts = text.split(separator: ",")
        let numbers = parts.compactMap { Int($0) }
        guard numbers.count == parts.count, numbers.count <= most, numbers.allSatisfy({ $0 > 0 }) else {
            throw APIError(.badRequest, "'\(name)' is a list of at most \(most) numbers, with commas")
        }
        return numbers
    }

    /// A name that occurs several times: `metric=loss&metric=acc`.
    func all(_ name: String, most: Int) throws(APIError) -> [String] {
        let found = values[values: Substring(name)].filter { !$0.isEmpty }
        guard found.count <= most, found.allSatisfy({ $0.utf8.count <= 1000 }) else {
            throw APIError(.badRequest, "'\(name)' may be given \(most) times, with at most 1000 bytes each")
        }
        return found.map(String.init)
    }
}
