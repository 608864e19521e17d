package import SweepModel
package import SweepWire

/// The JSON that commands print: version 1, to which members are only ever added.
///
/// Times are ISO 8601 in UTC; numbers that JSON does not have (NaN, infinities) are null; what is not known is null.
package enum Documents {
    package static let version = 1

    /// One document: `{"version": 1, …}`, with its line feed.
    package static func document(_ members: [ParameterValue.Member]) -> [UInt8] {
        line(.object([.init("version", .int(version))] + members))
    }

    /// One line of JSON. C1 controls, which a terminal may obey, are escaped like the others.
    package static func line(_ value: ParameterValue) -> [UInt8] {
        var bytes = value.jsonBytes(nonFinite: .null)
        if bytes.contains(0xC2) { bytes = escapingC1(bytes) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func escapingC1(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 64)
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0xC2, index + 1 < bytes.count, (0x80...0x9F).contains(bytes[index + 1]) {
                result.append(contentsOf: "\\u00\(String(bytes[index + 1], radix: 16))".utf8)
                index += 2
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    package static func trial(_ row: TrialRow) -> ParameterValue {
        var members: [ParameterValue.Member] = [
            .init("id", .string(row.id.description)), .init("number", .int(row.number)),
            .init("state", .string(row.state.rawValue)), .init("attempt", .int(row.attempt)),
            .init("params", .object(row.params)), .init("metrics", metrics(row.metrics)),
            .init("objective", optional(row.objective)), .init("step", optional(row.step)),
            .init("agent", optional(row.agent)), .init("slot", optional(row.slot)), .init("exit", optional(row.exit)),
            .init("reason", optional(row.reason)), .init("started", time(row.started)), .init("ended", time(row.ended)),
            .init("peak_memory", optional(row.peakMemory)), .init("point", .int(row.point)),
        ]
        if let further = row.further {
            members.append(.init("further_objectives", .list(further.map { .double($0) })))
        }
        if let note = row.suggestion { members.append(.init("suggestion", snakeCase(note))) }
        if let note = row.stopping { members.append(.init("stopping", snakeCase(note))) }
        members += remark(row.remark)
        return .object(members)
    }

    /// Members that are there where somebody has said something.
    private static func remark(_ remark: Remark?) -> [ParameterValue.Member] {
        guard let remark, !remark.isEmpty else { return [] }
        return [
            .init("note", .string(remark.note)), .init("tags", .list(remark.tags.map { .string($0) })),
            .init("star", .bool(remark.star)),
        ]
    }

    /// The wire's `expectedImprovement` as a document's `expected_improvement`.
    private static func snakeCase(_ note: ParameterValue) -> ParameterValue {
        .object(
            (note.members ?? []).map { member in
                let words = member.key.map { $0.isUppercase ? "_\($0.lowercased())" : String($0) }
                return .init(words.joined(), member.value)
            })
    }

    package static func sweep(_ row: SweepRow) -> ParameterValue {
        var members: [ParameterValue.Member] = [
            .init("id", .string(row.id.text)), .init("name", optional(row.name)),
            .init("state", .string(row.state.rawValue)), .init("reason", optional(row.reason)),
            .init("method", .string(row.method)), .init("metric", optional(row.metric)),
            .init("goal", optional(row.goal?.rawValue)), .init("priority", .int(row.priority)),
            .init("created", time(row.created)), .init("ended", time(row.ended)),
            .init("expected", optional(row.expected)),
            .init("counts", .object(TrialState.allCases.map { .init($0.rawValue, .int(row.count($0))) })),
            .init("failures", .object(row.failures.sorted { $0.key < $1.key }.map { .init($0.key, .int($0.value)) })),
            .init("best", optional(row.best)), .init("best_trial", optional(row.bestTrial?.description)),
            .init("file", optional(row.file)), .init("created_in", optional(row.createdIn)),
        ]
        if let objectives = row.objectives {
            members.append(
                .init(
                    "objectives",
                    .list(
                        objectives.map {
                            .object([
                                .init("metric", .string($0.metric)), .init("goal", .string($0.goal.rawValue)),
                            ])
                        })))
        }
        if let edits = row.edits { members.append(.init("edits", .list(edits.map { edit($0) }))) }
        if let alerts = row.alerts { members.append(.init("alerts", .list(alerts.map { alert($0) }))) }
        if let yaml = row.yaml { members.append(.init("yaml", .string(yaml))) }
        members += remark(row.remark)
        return .object(members)
    }

    package static func alert(_ row: AlertRow) -> ParameterValue {
        .object([
            .init("number", .int(row.alert.number)), .init("kind", .string(row.alert.kind.rawValue)),
            .init("trial", optional(row.alert.trial)), .init("text", .string(row.alert.text)),
            .init("time", time(row.alert.time)),
            .init("outcome", row.outcome.map { .list($0.map { .string($0) }) } ?? .null),
        ])
    }

    package static func edit(_ row: EditRow) -> ParameterValue {
        .object([
            .init("number", .int(row.number)), .init("time", time(row.time)),
            .init("changes", .list(row.changes.map { .string($0) })), .init("because", optional(row.because)),
            .init("trials", .list(row.trials.map { .int($0) })),
        ])
    }

    package static func attempt(_ row: AttemptRow) -> ParameterValue {
        .object([
            .init("attempt", .int(row.attempt)), .init("agent", .string(row.agent)), .init("host", optional(row.host)),
            .init("slot", .string(row.slot)), .init("assigned", time(row.assigned)),
            .init("started", time(row.started)), .init("ended", time(row.ended)),
            .init("outcome", optional(row.outcome?.rawValue)), .init("exit", optional(row.exit)),
            .init("reason", optional(row.reason)),
            .init("argv", row.argv.map { .list($0.map { .string($0) }) } ?? .null),
            .init("directory", optional(row.directory)), .init("peak_memory", optional(row.peakMemory)),
            .init("cpu_seconds", optional(row.cpuSeconds)), .init("late", optional(row.late)),
        ])
    }

    package static func agent(_ row: AgentRow) -> ParameterValue {
        .object([
            .init("id", .string(row.id.text)), .init("name", .string(row.name)), .init("host", .string(row.host)),
            .init("state", .string(row.state.rawValue)), .init("sweep", optional(row.sweep?.text)),
            .init(
                "slots",
                .list(
                    row.slots.map { slot in
                        .object([
                            .init("label", .string(slot.label)), .init("gpu", optional(slot.gpu)),
                            .init("trial", optional(slot.trial?.description)), .init("paused", optional(slot.paused)),
                        ])
                    })),
            .init("last_seen", time(row.lastSeen)),
        ])
    }

    package static func status(_ status: ControllerStatus) -> ParameterValue {
        .object([
            .init("build", .string(status.build)), .init("pid", .int(status.pid)),
            .init("address", .string(status.address)), .init("home", .string(status.home)),
            .init("started", time(status.started)), .init("sweeps", .int(status.sweeps)),
            .init("agents", .int(status.agents)), .init("slots", .int(status.slots)),
            .init("live_trials", .int(status.liveTrials)), .init("problem", optional(status.problem)),
            .init("note", optional(status.note)),
            .init("dashboard", optional(status.dashboard)),
        ])
    }

    static func metrics(_ metrics: [String: Double]) -> ParameterValue {
        .object(metrics.sorted { $0.key < $1.key }.map { .init($0.key, .double($0.value)) })
    }

    static func optional(_ value: String?) -> ParameterValue { value.map { .string($0) } ?? .null }
    static func optional(_ value: Int?) -> ParameterValue { value.map { .int($0) } ?? .null }
    static func optional(_ value: Double?) -> ParameterValue { value.map { .double($0) } ?? .null }
    static func time(_ time: Timestamp?) -> ParameterValue { time.map { .string(TimeText.iso($0)) } ?? .null }
}

extension SweepRow {
    package func count(_ state: TrialState) -> Int { counts[state.rawValue] ?? 0 }

    /// Trials that it has so far.
    package var total: Int { counts.values.reduce(0, +) }

    /// Trials to which nothing further happens.
    package var final: Int { TrialState.allCases.filter(\.isFinal).reduce(0) { $0 + count($1) } }

    package var live: Int { count(.running) + count(.assigned) }

    /// Nothing more will come of it: no new trials, and none that still runs.
    package var isOver: Bool {
        switch state {
        case .finished, .cancelled: live == 0
        case .stopped: live == 0
        case .running, .paused: false
        }
    }
}
