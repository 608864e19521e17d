import GRDB
import SweepModel

/// Metrics as text: an object of numbers, by name, with bare NaN and Infinity.
enum MetricsText {
    static func encode(_ metrics: [String: Double]) -> String {
        let members = metrics.sorted { $0.key < $1.key }.map { ParameterValue.Member($0.key, .double($0.value)) }
        return ParameterValue.object(members).json()
    }

    /// nil when `text` is no object of numbers.
    static func decode(_ text: String) -> [String: Double]? {
        guard let members = (try? JSONParser.parse(text))?.members else { return nil }
        var metrics: [String: Double] = [:]
        metrics.reserveCapacity(members.count)
        for member in members {
            guard let number = member.value.number else { return nil }
            metrics[member.key] = number
        }
        return metrics
    }
}

/// A list of numbers as text; NULL for none.
enum NumbersText {
    static func encode(_ numbers: [Double]) -> String? {
        numbers.isEmpty ? nil : ParameterValue.list(numbers.map { .double($0) }).json()
    }
}

/// Columns as model values. A value that the schema cannot hold but the file does (someone wrote into it) is an error
/// that names the column, never a trap.
extension Row {
    static func unreadable(_ column: String, _ value: String?) -> SweepError {
        SweepError(.failed, "the database holds '\(value?.prefix(80) ?? "NULL")' in \(column)")
    }

    func time(_ index: Int) -> Timestamp? {
        let milliseconds: Int64? = self[index]
        return milliseconds.map { Timestamp(milliseconds: $0) }
    }

    func known<T: RawRepresentable>(_ index: Int, _ column: String) throws -> T where T.RawValue == String {
        guard let value: T = try knownOrNil(index, column) else { throw Self.unreadable(column, nil) }
        return value
    }

    func knownOrNil<T: RawRepresentable>(_ index: Int, _ column: String) throws -> T? where T.RawValue == String {
        guard let text: String = self[index] else { return nil }
        guard let value = T(rawValue: text) else { throw Self.unreadable(column, text) }
        return value
    }

    func json(_ index: Int, _ column: String) throws -> ParameterValue {
        let text: String = self[index]
        guard let value = try? JSONParser.parse(text) else { throw Self.unreadable(column, text) }
        return value
    }

    func jsonOrNil(_ index: Int, _ column: String) throws -> ParameterValue? {
        hasNull(atIndex: index) ? nil : try json(index, column)
    }

    func numbers(_ index: Int, _ column: String) throws -> [Double]? {
        guard let text: String = self[index] else { return nil }
        guard case .list(let values)? = try? JSONParser.parse(text) else { throw Self.unreadable(column, text) }
        return try values.map { value in
            guard let number = value.number else { throw Self.unreadable(column, text) }
            return number
        }
    }

    func metrics(_ index: Int, _ column: String) throws -> [String: Double] {
        let text: String = self[index]
        guard let metrics = MetricsText.decode(text) else { throw Self.unreadable(column, text) }
        return metrics
    }

    func strings(_ index: Int, _ column: String) throws -> [String]? {
        guard let text: String = self[index] else { return nil }
        guard case .list(let values)? = try? JSONParser.parse(text) else { throw Self.unreadable(column, text) }
        return values.map { $0.string ?? $0.json() }
    }
}
