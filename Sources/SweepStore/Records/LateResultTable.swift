import GRDB
import SweepModel

/// The table `late_results`: how an attempt ended that no longer counted.
enum LateResultTable {
    /// Not where the attempt's own end was taken: then this is that end, once more.
    static func insert(_ id: AttemptID, _ end: AttemptEnd, at time: Timestamp, _ database: Database) throws {
        try database.run(
            """
            INSERT INTO late_results (sweep, trial, attempt, received, exit_code, signal, launch_error, stop_reason,
                process_started, process_ended, peak_memory, cpu_seconds, last_line)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
            WHERE EXISTS (
                SELECT 1 FROM attempts WHERE sweep = ?1 AND trial = ?2 AND number = ?3 AND process_started IS NULL)
            ON CONFLICT DO NOTHING
            """,
            [id.sweep.text, id.trial.number, id.number, time.milliseconds] + EndColumns.arguments(end))
    }
}
