package import SweepModel

/// A client's request. Each is answered with any number of `item`s and one `done`, or with `failed`; all carry its id.
package enum ClientRequest: Hashable, Sendable {
    /// Stores a sweep. `createdIn` is the client's working directory. Item: `CreatedSweep`.
    /// `prior`: sweeps to learn from besides those that the file names.
    case create(yaml: String, file: String?, createdIn: String?, name: String?, prior: [String]? = nil)
    /// Items: `SweepRow`, newest first.
    case list
    /// Item: `SweepRow`, with `yaml`.
    case show(sweep: String)
    /// Items: `TrialRow` by number, those numbered above `after`.
    case trials(sweep: String, after: Int?, states: [TrialState]?, summaries: [String] = [])
    /// Items: `TrialRow`, best objective first, then the unfinished, then the failed; at most `top` (nil: all).
    /// `summaries`: names of `SummaryColumn`s that each row has among its metrics.
    case leaderboard(sweep: String, top: Int?, summaries: [String] = [])
    /// Item: `TrialRow`, then `AttemptRow`s.
    case trial(TrialID)
    /// Items: `LogPiece`. With `follow` it ends when the trial does. `tail`: only the last so many lines to begin with.
    /// `apart`: each piece is either output or errors, and says when it was printed.
    case logs(TrialID, attempt: Int?, follow: Bool, tail: Int?, apart: Bool = false)
    /// Items: `LogPiece`: another file of the record, by its name in `RecordFileName`.
    case recordFile(TrialID, attempt: Int?, name: String)
    /// Items: `Report` in order.
    case reports(TrialID, attempt: Int?)
    /// Items: `TrialNumbers`: the trials for which `filter`, an SQL expression, is true.
    case matching(sweep: String, filter: String)
    /// Items: `TextPiece`.
    case export(sweep: String, ExportRequest)
    /// SQL over the tables of `Store.query`; of all sweeps where none is named. Items: one `QueryHead`, then each row as a
    /// list, at most `limit`.
    case query(sql: String, sweep: String?, limit: Int?)
    /// Begins a sweep that is over, of trials that ran elsewhere. Item: `CreatedSweep`. Then each trial and its reports in
    /// numbered messages, then the end: only then is it a sweep like any.
    case importSweep(yaml: String, name: String?)
    case importTrial(sweep: SweepID, ImportedTrial)
    case importReports(TrialID, sequence: Int, [Report])
    case importEnd(sweep: SweepID)
    /// Items: `SweepEvent` as they happen, beginning with one `SweepRow`; ends when the sweep is over.
    case watch(sweep: String)
    /// Changes a sweep while it runs. Item: `EditedSweep`.
    case edit(sweep: String, EditRequest)
    case pause(sweep: String)
    case resume(sweep: String)
    case stop(sweep: String)
    case cancel(sweep: String)
    case cancelTrial(TrialID)
    /// Final trials wait again: one, or all failed ones of a sweep. Item: `RetriedTrials`.
    case retryTrial(TrialID)
    case retryFailed(sweep: String)
    /// Only of a sweep with no live trial, unless `force`.
    case delete(sweep: String, force: Bool)
    /// Changes the note, tags and star of a sweep, or of one of its trials. Item: `RemarkRow`.
    case remark(sweep: String, trial: Int?, RemarkChange)
    /// Items: `RemarkRow`s of a sweep and its trials.
    case remarks(sweep: String)
    case artifact(ArtifactRequest)
    /// Tells every target of the sweep once. Item: `ToldAlert`.
    case testAlert(sweep: String)
    /// Items: `AgentRow`.
    case agents
    /// Slots that are paused or quarantined take trials again: one of an agent (its name or id), or all. Item: `ReleasedSlots`.
    case release(agent: String, slot: Int?)
    /// Item: `ControllerStatus`.
    case status
    /// The controller ends in good order; agents go on.
    case shutdown
    /// Makes a token. Item: `NewToken`.
    case makeToken(TokenRole, label: String?)
    /// Items: `TokenRow`, oldest first.
    case tokens
    /// It lets nobody in any more, and its connections are closed. Item: `TokenRow`.
    case revokeToken(id: String)
    /// A new key and certificate for all later connections. Item: `RenewedCertificate`.
    case renewCertificate
}

/// What the controller says to a client.
package enum ClientReply: Hashable, Sendable {
    case item(request: Int, ParameterValue)
    case done(request: Int)
    case failed(request: Int, SweepError)
}
