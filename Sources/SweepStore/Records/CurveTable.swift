import GRDB
import SweepModel

/// The table `curves`: a kept point of a trial's learning curve a row.
enum CurveTable {
    static func extend(
        _ id: AttemptID, _ marks: [CurveMark], voidingFrom start: Double?, _ database: Database
    ) throws {
        if let start {
            try database.run(
                "DELETE FROM curves WHERE sweep = ? AND trial = ? AND step >= ? AND attempt < ?",
                [id.sweep.text, id.trial.number, start, id.number])
        }
        for mark in marks {
            try database.run(
                """
                INSERT INTO curves (sweep, trial, step, attempt, value, best, report)
                SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
                WHERE EXISTS (SELECT 1 FROM attempts WHERE sweep = ?1 AND trial = ?2 AND number = ?4)
                ON CONFLICT DO NOTHING
                """,
                [id.sweep.text, id.trial.number, mark.step, id.number, mark.value, mark.best, mark.report])
        }
    }

    static let columns = "trial, step, attempt, value, best, report"
}

/// The curves of a sweep beside its trials, both by number: one pass over each.
struct CurveCursor {
    private let rows: RowCursor
    private var next: Row?

    init(_ sweep: SweepID, _ database: Database) throws {
        rows = try Row.fetchCursor(
            database, sql: "SELECT \(CurveTable.columns) FROM curves WHERE sweep = ? ORDER BY trial, step",
            arguments: [sweep.text])
        next = try rows.next()
    }

    /// The curve of the trial `number`, and how many of its points are of attempts before `newest`. To be asked for
    /// ascending numbers.
    mutating func curve(of number: Int, newest: Int) throws -> (marks: [CurveMark], earlier: Int) {
        var marks: [CurveMark] = []
        var earlier = 0
        while let row = next {
            let trial: Int = row[0]
            guard trial <= number else { break }
            if trial == number {
                marks.append(CurveMark(step: row[1], value: row[3], best: row[4], report: row[5]))
                if row[2] < newest { earlier += 1 }
            }
            next = try rows.next()
        }
        return (marks, earlier)
    }
}
