package import SweepModel
package import SweepRecord

/// The runs that one attempt has at this tracking server, and what its calls are answered with (MLflow's REST API, and the
/// calls that its clients up to 3.17 were seen to make). What a script logs is taken; what it asks for is answered so that
/// it goes on, whatever it asks for.
package struct MLflowAnswers {
    static let maximumRuns = 1000
    /// Every experiment that a script names is this one.
    static let experiment = "0"

    package struct Answer {
        package var status = 200
        package var body: ParameterValue = .object([])
        package var readings: [MetricReading] = []
        package var details: [RunDetail] = []
    }

    private struct Run {
        var id: String
        var name: String
        var user: String
        var start: Int
        var end: Int?
        var status = "RUNNING"
        var tags: [String: String] = [:]
        var parameters: [String: String] = [:]
        var metrics: [String: (value: Double, step: Int, time: Int)] = [:]
        /// Put before the names of a nested run's metrics.
        var prefix = ""
    }

    private var runs: [String: Run] = [:]
    private var order: [String] = []
    private var experimentName = "Default"
    private var models: [String: ParameterValue] = [:]
    private var made = 0
    private let attempt: AttemptID

    package init(_ attempt: AttemptID) { self.attempt = attempt }

    /// - Parameters:
    ///   - path: without the attempt's own prefix: `/api/2.0/mlflow/runs/create`.
    ///   - query: of a GET, decoded; of a POST `body` says the same.
    package mutating func answer(_ method: String, _ path: String, query: [String: String], body: ParameterValue)
        -> Answer
    {
        let parts = path.split(separator: "/").map(String.init)
        // api / 2.0 / mlflow / …
        guard parts.count >= 4, parts[0] == "api" || parts[0] == "ajax-api", parts[2] == "mlflow" else {
            return path == "/health" || path == "/version" ? Answer(body: .string("OK")) : missing(path)
        }
        let text = { (name: String) -> String? in query[name] ?? body[name]?.string }
        switch parts[3...].joined(separator: "/") {
        case "experiments/get-by-name", "experiments/get":
            if let name = text("experiment_name") { experimentName = String(name.prefix(256)) }
            return Answer(body: .object([.init("experiment", experiment())]))
        case "experiments/create":
            if let name = text("name") { experimentName = String(name.prefix(256)) }
            return Answer(body: .object([.init("experiment_id", .string(Self.experiment))]))
        case "experiments/search", "experiments/list":
            return Answer(body: .object([.init("experiments", .list([experiment()]))]))
        case "runs/create": return create(body)
        case "runs/get": return with(text("run_id") ?? text("run_uuid")) { .object([.init("run", Self.json($0))]) }
        case "runs/update": return update(body)
        case "runs/log-metric": return log(body, metrics: [body], parameters: [])
        case "runs/log-parameter": return log(body, metrics: [], parameters: [body])
        case "runs/log-batch":
            return log(body, metrics: body.items("metrics"), parameters: body.items("params"), tags: body.items("tags"))
        case "runs/set-tag": return log(body, metrics: [], parameters: [], tags: [body])
        case "runs/search":
            return Answer(body: .object([.init("runs", .list(order.compactMap { runs[$0].map(Self.json) }))]))
        case "metrics/get-history": return history(text("run_id"), text("metric_key"))
        case "logged-models": return makeModel(body)
        case "registered-models/create", "registered-models/get":
            return Answer(
                body: .object([.init("registered_model", .object([.init("name", .string(text("name") ?? ""))]))]))
        case "model-versions/create", "model-versions/get", "model-versions/update": return version(text("name") ?? "")
        case let call where call.hasPrefix("logged-models/"):
            guard parts.count > 4, let model = models[parts[4]] else { return missing(path) }
            return Answer(body: .object([.init("model", model)]))
        case let call where method != "GET" && !call.contains("search") && !call.contains("traces"):
            // Something to be noted that is none of ours: inputs, outputs, tags of experiments.
            return Answer()
        default: return missing(path)
        }
    }

    private func missing(_ what: String) -> Answer {
        Answer(
            status: 404,
            body: .object([
                .init("error_code", "RESOURCE_DOES_NOT_EXIST"),
                .init("message", .string("sweep keeps no '\(what.prefix(200))'")),
            ]))
    }

    private func with(_ id: String?, _ body: (Run) -> ParameterValue) -> Answer {
        guard let id, let run = runs[id] else { return missing("run \(id ?? "")") }
        return Answer(body: body(run))
    }

    // MARK: Runs

    private mutating func create(_ body: ParameterValue) -> Answer {
        made += 1
        let id = Self.identifier(attempt, made)
        var run = Run(
            id: id, name: (body["run_name"]?.string).map { String($0.prefix(256)) } ?? "run-\(made)",
            user: body["user_id"]?.string ?? "", start: body["start_time"]?.int ?? 0)
        for tag in body.items("tags") { Self.set(tag, in: &run.tags) }
        if let parent = run.tags["mlflow.parentRunId"] { run.prefix = (runs[parent]?.prefix ?? "") + run.name + "/" }
        if let name = run.tags["mlflow.runName"] { run.name = name }
        if order.count >= Self.maximumRuns { runs[order.removeFirst()] = nil }
        runs[id] = run
        order.append(id)
        return Answer(body: .object([.init("run", Self.json(run))]))
    }

    private mutating func update(_ body: ParameterValue) -> Answer {
        guard let id = body.runID, runs[id] != nil else { return missing("run \(body.runID ?? "")") }
        if let status = body["status"]?.string { runs[id]?.status = status }
        if let end = body["end_time"]?.int { runs[id]?.end = end }
        if let name = body["run_name"]?.string { runs[id]?.name = String(name.prefix(256)) }
        return with(id) { .object([.init("run_info", Self.info($0))]) }
    }

    private mutating func log(
        _ body: ParameterValue, metrics: [ParameterValue], parameters: [ParameterValue], tags: [ParameterValue] = []
    ) -> Answer {
        // A run that is not known (an agent that has started anew): what it logs counts all the same.
        let id = body.runID ?? ""
        var run = runs[id] ?? Run(id: id, name: "run", user: "", start: 0)
        var answer = Answer()
        // In the order of the list; those of one step and time are one reading.
        for metric in metrics {
            guard let key = metric["key"]?.string, let value = metric["value"]?.metricValue else { continue }
            let name = run.prefix + key
            guard name.utf8.count <= 256 else { continue }
            let step = max(0, metric["step"]?.int ?? 0)
            let milliseconds = metric["timestamp"]?.int ?? 0
            let time =
                (946_684_800_000...7_258_118_400_000).contains(milliseconds)
                ? Timestamp(milliseconds: Int64(milliseconds)) : nil
            if run.metrics.count < 10_000 || run.metrics[key] != nil { run.metrics[key] = (value, step, milliseconds) }
            if let last = answer.readings.indices.last, answer.readings[last].step == step {
                answer.readings[last].metrics.append((name, value))
            } else {
                answer.readings.append(MetricReading(step: step, time: time, metrics: [(name, value)]))
            }
        }
        for parameter in parameters {
            guard let key = parameter["key"]?.string, run.parameters.count < 10_000 else { continue }
            let value = String((parameter["value"]?.string ?? "").prefix(6000))
            run.parameters[key] = value
            answer.details.append(
                RunDetail(
                    name: run.prefix + String(key.prefix(256)), kind: "config",
                    json: ParameterValue.string(value).json()))
        }
        for tag in tags {
            Self.set(tag, in: &run.tags)
            guard let key = tag["key"]?.string, !key.hasPrefix("mlflow."), let value = tag["value"]?.string else {
                continue
            }
            answer.details.append(
                RunDetail(
                    name: run.prefix + String(key.prefix(256)), kind: "tag",
                    json: ParameterValue.string(String(value.prefix(6000))).json()))
        }
        if runs[id] != nil || runs.count < Self.maximumRuns {
            if runs[id] == nil { order.append(id) }
            runs[id] = run
        }
        return answer
    }

    private static func set(_ tag: ParameterValue, in tags: inout [String: String]) {
        guard let key = tag["key"]?.string, tags.count < 1000 else { return }
        tags[String(key.prefix(256))] = String((tag["value"]?.string ?? "").prefix(8000))
    }

    private func history(_ run: String?, _ key: String?) -> Answer {
        guard let run, let key, let metric = runs[run]?.metrics[key] else {
            return Answer(body: .object([.init("metrics", .list([]))]))
        }
        return Answer(body: .object([.init("metrics", .list([Self.json(key, metric)]))]))
    }

    /// 32 hexadecimal digits, as MLflow's own.
    private static func identifier(_ attempt: AttemptID, _ number: Int) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        // FNV-1a.
        for byte in attempt.description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        func hex(_ value: UInt64) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return hex(hash) + hex(UInt64(number))
    }

    // MARK: JSON

    private func experiment() -> ParameterValue {
        .object([
            .init("experiment_id", .string(Self.experiment)), .init("name", .string(experimentName)),
            .init("artifact_location", .string("mlflow-artifacts:/\(Self.experiment)")),
            .init("lifecycle_stage", "active"),
        ])
    }

    private static func info(_ run: Run) -> ParameterValue {
        var members: [ParameterValue.Member] = [
            .init("run_id", .string(run.id)), .init("run_uuid", .string(run.id)), .init("run_name", .string(run.name)),
            .init("experiment_id", .string(experiment)), .init("user_id", .string(run.user)),
            .init("status", .string(run.status)), .init("start_time", .int(run.start)),
            .init("artifact_uri", .string("mlflow-artifacts:/\(experiment)/\(run.id)/artifacts")),
            .init("lifecycle_stage", "active"),
        ]
        if let end = run.end { members.append(.init("end_time", .int(end))) }
        return .object(members)
    }

    private static func json(_ run: Run) -> ParameterValue {
        func pairs(_ values: [String: String]) -> ParameterValue {
            .list(
                values.sorted { $0.key < $1.key }
                    .map { .object([.init("key", .string($0.key)), .init("value", .string($0.value))]) })
        }
        let metrics = run.metrics.sorted { $0.key < $1.key }.map { json($0.key, $0.value) }
        return .object([
            .init("info", info(run)),
            .init(
                "data",
                .object([
                    .init("metrics", .list(metrics)), .init("params", pairs(run.parameters)),
                    .init("tags", pairs(run.tags)),
                ])), .init("inputs", .object([])),
        ])
    }

    private static func json(_ key: String, _ metric: (value: Double, step: Int, time: Int)) -> ParameterValue {
        let value: ParameterValue =
            metric.value.isNaN
            ? "NaN" : metric.value.isInfinite ? (metric.value > 0 ? "Infinity" : "-Infinity") : .double(metric.value)
        return .object([
            .init("key", .string(key)), .init("value", value), .init("timestamp", .int(metric.time)),
            .init("step", .int(metric.step)),
        ])
    }

    // MARK: Models

    private mutating func makeModel(_ body: ParameterValue) -> Answer {
        made += 1
        let id = "m-" + Self.identifier(attempt, made)
        let model = ParameterValue.object([
            .init(
                "info",
                .object([
                    .init("model_id", .string(id)), .init("experiment_id", .string(Self.experiment)),
                    .init("name", .string(body["name"]?.string ?? "model")), .init("creation_timestamp_ms", .int(0)),
                    .init("last_updated_timestamp_ms", .int(0)), .init("status", "LOGGED_MODEL_READY"),
                    .init("artifact_uri", .string("mlflow-artifacts:/\(Self.experiment)/models/\(id)/artifacts")),
                    .init("source_run_id", .string(body["source_run_id"]?.string ?? "")),
                    .init("model_type", .string(body["model_type"]?.string ?? "")),
                ])), .init("data", .object([])),
        ])
        if models.count < 1000 { models[id] = model }
        return Answer(body: .object([.init("model", model)]))
    }

    private func version(_ name: String) -> Answer {
        Answer(
            body: .object([
                .init(
                    "model_version",
                    .object([.init("name", .string(name)), .init("version", "1"), .init("status", "READY")]))
            ]))
    }
}

extension ParameterValue {
    fileprivate var runID: String? { self["run_id"]?.string ?? self["run_uuid"]?.string }

    fileprivate var int: Int? {
        switch self {
        case .int(let value): value
        case .double(let value): Int(exactly: value)
        case .string(let text): Int(text)
        default: nil
        }
    }

    /// Clients send NaN and infinities as text.
    fileprivate var metricValue: Double? {
        if let number { return number }
        switch string {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default: return nil
        }
    }

    fileprivate func items(_ name: String) -> [ParameterValue] {
        if case .list(let items)? = self[name] { items } else { [] }
    }
}
