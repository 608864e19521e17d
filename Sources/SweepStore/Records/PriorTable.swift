import GRDB
import SweepModel

/// The table `priors`: a finished trial of an earlier sweep a row, copied when the later one was created.
enum PriorTable {
    static func insert(_ id: SweepID, _ trials: [PriorTrial], _ database: Database) throws {
        for (position, trial) in trials.enumerated() {
            try database.run(
                """
                INSERT INTO priors (sweep, position, source_sweep, source_trial, parameters, objectives)
                SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM sweeps WHERE id = ?1) ON CONFLICT DO NOTHING
                """,
                [
                    id.text, position, trial.source.sweep.text, trial.source.number,
                    ParameterValue.object(trial.parameters).json(), NumbersText.encode(trial.values) ?? "[]",
                ])
        }
    }

    static func trials(of id: SweepID, _ database: Database) throws -> [PriorTrial] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT source_sweep, source_trial, parameters, objectives FROM priors WHERE sweep = ? ORDER BY position
                """,
            arguments: [id.text]
        ).map { row in
            guard let parameters = try row.json(2, "priors.parameters").members else {
                throw Row.unreadable("priors.parameters", row[2])
            }
            return PriorTrial(
                source: TrialID(SweepID(row[0]), row[1]), parameters: parameters,
                values: try row.numbers(3, "priors.objectives") ?? [])
        }
    }
}
