import SweepModel
import SweepSearch
import SweepSpec

/// A CSV file of trials as a function: a column for each parameter, and one for the objective.
enum SimulationTable {
    static let largestFile = 256 << 20
    static let mostRows = 1_000_000

    /// - Throws: when the file cannot be read, a column is missing, or there is no row.
    static func read(_ path: String, spec: SweepSpec, _ session: Session) throws(SweepError) -> TableFunction {
        let shown = "the table '\(DisplayText.escape(path))'"
        let bytes = try BoundedFile.read(SweepFile.resolve(path, session), shown: shown, limit: largestFile)
        let records = CSVReader.records(bytes)
        guard let header = records.first, records.count <= mostRows else {
            throw SweepError(.usage, "\(shown) has \(records.isEmpty ? "no header" : "over \(mostRows) rows")")
        }
        let columns = Dictionary(header.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
        let metric = spec.objective?.metric ?? "objective"
        // As 'sweep leaderboard --csv' writes them, too.
        guard let objective = columns[metric] ?? columns["metrics.\(metric)"] ?? columns["objective"] else {
            throw SweepError(
                .usage, "\(shown) has no column '\(DisplayText.escape(metric))'",
                remedy: "name the objective's column like the metric of the sweep file")
        }
        var parameters: [(path: [String], column: Int)] = []
        for parameter in spec.space.parameters where parameter.distribution.valueCount != 1 {
            guard let column = columns[parameter.name] ?? columns["params.\(parameter.name)"] else {
                if parameter.condition != nil { continue }
                throw SweepError(
                    .usage, "\(shown) has no column '\(DisplayText.escape(parameter.name))'",
                    remedy: "give a column for each parameter that is searched")
            }
            parameters.append((parameter.path, column))
        }
        let rows = records.dropFirst().map { record -> (parameters: Parameters, value: Double?) in
            var object = ParameterValue.object([])
            for (path, column) in parameters where column < record.count && !record[column].isEmpty {
                object = object.setting(path[...], to: value(record[column]))
            }
            let number = objective < record.count ? Double(record[objective]) : nil
            return (object.members ?? [], number.flatMap { $0.isFinite ? $0 : nil })
        }
        return try TableFunction(space: spec.space, rows: rows)
    }

    private static func value(_ text: String) -> ParameterValue {
        if let int = Int(text) { return .int(int) }
        if let double = Double(text) { return .double(double) }
        switch text {
        case "true", "True": return true
        case "false", "False": return false
        default: return .string(text)
        }
    }
}

extension ParameterValue {
    /// This object with the member at `path` set.
    fileprivate func setting(_ path: ArraySlice<String>, to value: ParameterValue) -> ParameterValue {
        guard let name = path.first else { return value }
        var members = self.members ?? []
        let inner = (self[name] ?? .object([])).setting(path.dropFirst(), to: value)
        members.removeAll { $0.key == name }
        members.append(.init(name, inner))
        return .object(members)
    }
}
