import GRDB
package import SweepModel

/// A trial of Optuna, however it was stored.
package struct OptunaTrial: Sendable {
    package var number: Int
    /// nil: it has not ended.
    package var state: TrialState?
    package var parameters: [(name: String, value: ParameterValue)] = []
    package var values: [Double] = []
    package var intermediate: [Int: Double] = [:]
    package var started: Timestamp?
    package var ended: Timestamp?

    package init(number: Int) { self.number = number }

    /// 1 complete, 2 pruned, 3 failed; 0 running and 4 waiting have not ended.
    package mutating func setState(_ code: Double?) {
        state =
            switch code {
            case 1: .completed
            case 2: .pruned
            case 3: .failed
            default: nil
            }
    }

    /// - Parameters:
    ///   - value: as Optuna keeps it: of a choice its index.
    ///   - distribution: JSON text.
    package mutating func setParameter(_ name: String, _ value: Double, distribution: String) {
        let law = try? JSONParser.parse(distribution)
        var external = ParameterValue.double(value)
        switch law?["name"]?.string {
        case "CategoricalDistribution":
            guard case .list(let choices)? = law?["attributes"]?["choices"], let index = Int(exactly: value),
                choices.indices.contains(index)
            else { return }
            external = choices[index]
        case "IntDistribution", "IntUniformDistribution", "IntLogUniformDistribution":
            external = Int(exactly: value).map { .int($0) } ?? external
        default: break
        }
        parameters.append((name, external))
    }

    /// `2026-11-23T14:35:46.123456+00:00`, or with a space, or without a zone: UTC.
    package static func time(_ text: String) -> Timestamp? {
        let digits = text.split { !$0.isNumber }.prefix(7).compactMap { Int($0) }
        guard digits.count >= 6, (1...12).contains(digits[1]), (1...31).contains(digits[2]), digits[0] < 10_000 else {
            return nil
        }
        // Days from the civil calendar: Howard Hinnant, "chrono-compatible low-level date algorithms".
        let year = digits[1] <= 2 ? digits[0] - 1 : digits[0]
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (digits[1] + (digits[1] > 2 ? -3 : 9)) + 2) / 5 + digits[2] - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let seconds = days * 86_400 + digits[3] % 24 * 3600 + digits[4] % 60 * 60 + digits[5] % 61
        return Timestamp(milliseconds: Int64(seconds) * 1000)
    }
}

/// A study in an SQLite storage of Optuna.
package enum OptunaDatabase {
    package static func read(
        _ path: String, study: String?
    ) throws(SweepError) -> (name: String, goals: [Objective.Goal], trials: [OptunaTrial]) {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            return try DatabaseQueue(path: path, configuration: configuration).read { try read($0, path, study) }
        } catch let error as SweepError {
            throw error
        } catch {
            throw SweepError(
                .usage, "\(path) is no SQLite storage of Optuna: \((error as? DatabaseError)?.message ?? "\(error)")")
        }
    }

    private static func read(
        _ database: Database, _ path: String, _ study: String?
    ) throws -> (name: String, goals: [Objective.Goal], trials: [OptunaTrial]) {
        let studies = try Row.fetchAll(database, sql: "SELECT study_id, study_name FROM studies ORDER BY study_id")
        guard let row = study.map({ name in studies.first { $0[1] == name } }) ?? studies.first else {
            let names = studies.prefix(20).map { $0[1] as String? ?? "" }.joined(separator: ", ")
            throw SweepError(.notFound, "\(path) has no such study", remedy: "it has \(names)")
        }
        let id: Int64 = row[0]
        let goals = try String.fetchAll(
            database, sql: "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective",
            arguments: [id]
        ).map { $0 == "MAXIMIZE" ? Objective.Goal.maximize : .minimize }
        var trials: [Int64: OptunaTrial] = [:]
        for row in try Row.fetchAll(
            database,
            sql: """
                SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials WHERE study_id = ?
                """, arguments: [id])
        {
            var trial = OptunaTrial(number: row[1] ?? 0)
            let states = ["COMPLETE": 1.0, "PRUNED": 2, "FAIL": 3]
            trial.setState(states[row[2] ?? ""])
            trial.started = (row[3] as String?).flatMap(OptunaTrial.time)
            trial.ended = (row[4] as String?).flatMap(OptunaTrial.time)
            trials[row[0]] = trial
        }
        let of = "WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ?)"
        for row in try Row.fetchAll(
            database,
            sql:
                "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params \(of) ORDER BY param_id",
            arguments: [id])
        {
            trials[row[0]]?.setParameter(row[1], row[2] ?? .nan, distribution: row[3] ?? "")
        }
        for row in try Row.fetchAll(
            database, sql: "SELECT trial_id, value, value_type FROM trial_values \(of) ORDER BY objective",
            arguments: [id])
        {
            trials[row[0]]?.values.append(number(row[1], row[2]))
        }
        for row in try Row.fetchAll(
            database,
            sql: """
                SELECT trial_id, step, intermediate_value, intermediate_value_type FROM trial_intermediate_values \(of)
                """, arguments: [id])
        {
            trials[row[0]]?.intermediate[row[1]] = number(row[2], row[3])
        }
        return (row[1], goals, trials.values.sorted { $0.number < $1.number })
    }

    private static func number(_ value: Double?, _ kind: String?) -> Double {
        switch kind {
        case "INF_POS": .infinity
        case "INF_NEG": -.infinity
        default: value ?? .nan
        }
    }
}
