import SweepModel

extension ClientRequest {
    init(kind: String, value: ParameterValue) throws {
        func sweep() throws -> String { try value.body(SweepBody.self).sweep }
        func trial() throws -> TrialID { try value.body(TrialBody.self).trial }
        switch kind {
        case "create":
            let body = try value.body(CreateBody.self)
            self = .create(
                yaml: body.yaml, file: body.file, createdIn: body.createdIn, name: body.name, prior: body.prior)
        case "list": self = .list
        case "show": self = .show(sweep: try sweep())
        case "trials":
            let body = try value.body(TrialsBody.self)
            self = .trials(
                sweep: body.sweep, after: body.after, states: body.states, summaries: body.summaries ?? [])
        case "leaderboard":
            let body = try value.body(TrialsBody.self)
            self = .leaderboard(sweep: body.sweep, top: body.top, summaries: body.summaries ?? [])
        case "trial": self = .trial(try trial())
        case "logs":
            let body = try value.body(LogsBody.self)
            self = .logs(
                body.trial, attempt: body.number, follow: body.follow ?? false, tail: body.tail,
                apart: body.apart ?? false)
        case "reports":
            let body = try value.body(LogsBody.self)
            self = .reports(body.trial, attempt: body.number)
        case "record-file":
            let body = try value.body(RecordFileBody.self)
            self = .recordFile(body.trial, attempt: body.number, name: body.name)
        case "matching":
            let body = try value.body(MatchingBody.self)
            self = .matching(sweep: body.sweep, filter: body.filter)
        case "export":
            let body = try value.body(ExportBody.self)
            self = .export(sweep: body.sweep, body.table)
        case "query":
            let body = try value.body(QueryBody.self)
            self = .query(sql: body.sql, sweep: body.sweep, limit: body.limit)
        case "import-sweep":
            let body = try value.body(ImportBody.self)
            self = .importSweep(yaml: body.yaml, name: body.name)
        case "import-trial":
            let body = try value.body(ImportTrialBody.self)
            self = .importTrial(sweep: body.sweep, body.run)
        case "import-reports":
            let body = try value.body(ImportReportsBody.self)
            self = .importReports(body.trial, sequence: body.sequence, body.reports)
        case "import-end": self = .importEnd(sweep: SweepID(try sweep()))
        case "watch": self = .watch(sweep: try sweep())
        case "edit":
            let body = try value.body(EditBody.self)
            self = .edit(sweep: body.sweep, body.edit)
        case "pause": self = .pause(sweep: try sweep())
        case "resume": self = .resume(sweep: try sweep())
        case "stop": self = .stop(sweep: try sweep())
        case "cancel": self = .cancel(sweep: try sweep())
        case "cancel-trial": self = .cancelTrial(try trial())
        case "retry-trial": self = .retryTrial(try trial())
        case "retry-failed": self = .retryFailed(sweep: try sweep())
        case "delete":
            let body = try value.body(DeleteBody.self)
            self = .delete(sweep: body.sweep, force: body.force ?? false)
        case "remark":
            let body = try value.body(RemarkBody.self)
            self = .remark(sweep: body.sweep, trial: body.trial, body.change)
        case "remarks": self = .remarks(sweep: try sweep())
        case "test-alert": self = .testAlert(sweep: try sweep())
        case "artifact": self = .artifact(try value.body(ArtifactBody.self).ask)
        case "agents": self = .agents
        case "release":
            let body = try value.body(ReleaseBody.self)
            self = .release(agent: body.agent, slot: body.slot)
        case "status": self = .status
        case "shutdown": self = .shutdown
        case "make-token":
            let body = try value.body(TokenBody.self)
            self = .makeToken(body.role, label: body.label)
        case "tokens": self = .tokens
        case "revoke-token": self = .revokeToken(id: try value.body(TokenIDBody.self).token)
        case "renew-certificate": self = .renewCertificate
        default: throw WireError("unknown kind '\(kind.prefix(80))'")
        }
    }

    func encoded() throws -> (kind: String, value: ParameterValue) {
        switch self {
        case .create(let yaml, let file, let createdIn, let name, let prior):
            return try tagged(
                "create", CreateBody(yaml: yaml, file: file, createdIn: createdIn, name: name, prior: prior))
        case .list: return try tagged("list", NoBody())
        case .show(let sweep): return try tagged("show", SweepBody(sweep: sweep))
        case .trials(let sweep, let after, let states, let summaries):
            return try tagged(
                "trials",
                TrialsBody(
                    sweep: sweep, after: after, states: states, summaries: summaries.isEmpty ? nil : summaries))
        case .leaderboard(let sweep, let top, let summaries):
            return try tagged(
                "leaderboard",
                TrialsBody(sweep: sweep, top: top, summaries: summaries.isEmpty ? nil : summaries))
        case .trial(let trial): return try tagged("trial", TrialBody(trial: trial))
        case .logs(let trial, let attempt, let follow, let tail, let apart):
            return try tagged(
                "logs",
                LogsBody(trial: trial, number: attempt, follow: follow, tail: tail, apart: apart ? true : nil))
        case .reports(let trial, let attempt): return try tagged("reports", LogsBody(trial: trial, number: attempt))
        case .recordFile(let trial, let attempt, let name):
            return try tagged("record-file", RecordFileBody(trial: trial, number: attempt, name: name))
        case .matching(let sweep, let filter):
            return try tagged("matching", MatchingBody(sweep: sweep, filter: filter))
        case .export(let sweep, let table): return try tagged("export", ExportBody(sweep: sweep, table: table))
        case .query(let sql, let sweep, let limit):
            return try tagged("query", QueryBody(sql: sql, sweep: sweep, limit: limit))
        case .importSweep(let yaml, let name):
            return try tagged("import-sweep", ImportBody(yaml: yaml, name: name))
        case .importTrial(let sweep, let run):
            return try tagged("import-trial", ImportTrialBody(sweep: sweep, run: run))
        case .importReports(let trial, let sequence, let reports):
            return try tagged(
                "import-reports", ImportReportsBody(trial: trial, sequence: sequence, reports: reports))
        case .importEnd(let sweep): return try tagged("import-end", SweepBody(sweep: sweep.text))
        case .watch(let sweep): return try tagged("watch", SweepBody(sweep: sweep))
        case .edit(let sweep, let edit): return try tagged("edit", EditBody(sweep: sweep, edit: edit))
        case .pause(let sweep): return try tagged("pause", SweepBody(sweep: sweep))
        case .resume(let sweep): return try tagged("resume", SweepBody(sweep: sweep))
        case .stop(let sweep): return try tagged("stop", SweepBody(sweep: sweep))
        case .cancel(let sweep): return try tagged("cancel", SweepBody(sweep: sweep))
        case .cancelTrial(let trial): return try tagged("cancel-trial", TrialBody(trial: trial))
        case .retryTrial(let trial): return try tagged("retry-trial", TrialBody(trial: trial))
        case .retryFailed(let sweep): return try tagged("retry-failed", SweepBody(sweep: sweep))
        case .delete(let sweep, let force): return try tagged("delete", DeleteBody(sweep: sweep, force: force))
        case .remark(let sweep, let trial, let change):
            return try tagged("remark", RemarkBody(sweep: sweep, trial: trial, change: change))
        case .remarks(let sweep): return try tagged("remarks", SweepBody(sweep: sweep))
        case .testAlert(let sweep): return try tagged("test-alert", SweepBody(sweep: sweep))
        case .artifact(let request): return try tagged("artifact", ArtifactBody(ask: request))
        case .agents: return try tagged("agents", NoBody())
        case .release(let agent, let slot): return try tagged("release", ReleaseBody(agent: agent, slot: slot))
        case .status: return try tagged("status", NoBody())
        case .shutdown: return try tagged("shutdown", NoBody())
        case .makeToken(let role, let label): return try tagged("make-token", TokenBody(role: role, label: label))
        case .tokens: return try tagged("tokens", NoBody())
        case .revokeToken(let id): return try tagged("revoke-token", TokenIDBody(token: id))
        case .renewCertificate: return try tagged("renew-certificate", NoBody())
        }
    }
}

private struct SweepBody: Codable { var sweep: String }
private struct ArtifactBody: Codable { var ask: ArtifactRequest }
private struct TrialBody: Codable { var trial: TrialID }

private struct CreateBody: Codable {
    var yaml: String
    var file: String?
    var createdIn: String?
    var name: String?
    var prior: [String]?
}

private struct TrialsBody: Codable {
    var sweep: String
    var after: Int?
    var states: [TrialState]?
    var top: Int?
    var summaries: [String]?
}

private struct LogsBody: Codable {
    var trial: TrialID
    var number: Int?
    var follow: Bool?
    var tail: Int?
    var apart: Bool?

    private enum CodingKeys: String, CodingKey {
        case trial
        case number = "attempt"
        case follow, tail, apart
    }
}

private struct TokenBody: Codable {
    var role: TokenRole
    var label: String?
}

/// Not `id`, which is the request's own.
private struct TokenIDBody: Codable { var token: String }

private struct RecordFileBody: Codable {
    var trial: TrialID
    var number: Int?
    var name: String

    private enum CodingKeys: String, CodingKey {
        case trial
        case number = "attempt"
        case name
    }
}

private struct RemarkBody: Codable {
    var sweep: String
    var trial: Int?
    var change: RemarkChange
}

private struct EditBody: Codable {
    var sweep: String
    var edit: EditRequest
}

private struct ReleaseBody: Codable {
    var agent: String
    var slot: Int?
}

private struct ImportBody: Codable {
    var yaml: String
    var name: String?
}

private struct ImportTrialBody: Codable {
    var sweep: SweepID
    var run: ImportedTrial
}

private struct ImportReportsBody: Codable {
    var trial: TrialID
    var sequence: Int
    var reports: [Report]
}

private struct MatchingBody: Codable {
    var sweep: String
    var filter: String
}

private struct ExportBody: Codable {
    var sweep: String
    var table: ExportRequest
}

private struct QueryBody: Codable {
    var sql: String
    var sweep: String?
    var limit: Int?
}

private struct DeleteBody: Codable {
    var sweep: String
    var force: Bool?
}
