import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import SweepModel
import SweepStore
import SweepWire
import Synchronization
import Testing

@testable import SweepDashboard

/// A store in a folder of its own with one sweep, and the API over it, without a socket.
final class TestDesk: Sendable {
    static let token = "0123456789abcdef0123456789abcdef"
    static let sweep = SweepID("bcdfghjk")

    let store: Store
    let backend: TestBackend
    let api: API
    private let folder: String
    private let threads = NIOThreadPool(numberOfThreads: 2)

    init(trials: Int = 0) throws {
        folder = NSTemporaryDirectory() + "sweep-dashboard-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        store = try Store.open(folder + "/sweep.db")
        threads.start()
        try store.apply([
            .sweepInserted(
                SweepRecord(id: Self.sweep, name: "digits", yaml: "method: random", seed: 1, created: Self.time(0)))
        ])
        backend = TestBackend(store: store)
        let configuration = DashboardConfiguration(secret: Self.token)
        api = API(
            store: store, backend: backend, configuration: configuration, access: Access(configuration),
            feeds: FeedBook(store: store, backend: backend, threads: threads, pace: 0.01),
            read: PacedAnswers(seconds: 0), streams: StreamCount(maximum: 2), threads: threads,
            pages: Pages(folder: nil), epoch: "test",
            logger: Logger(label: "test"))
        for number in stride(from: 1, through: trials, by: 1) {
            try add(number, .completed, Double(number), ["lr": .double(0.1 * Double(number)), "optimizer": "adam"])
        }
    }

    deinit {
        api.feeds.close()
        try? threads.syncShutdownGracefully()
        try? store.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func time(_ seconds: Int) -> Timestamp { Timestamp(milliseconds: 1_700_000_000_000 + Int64(seconds) * 1000) }

    /// A trial with one attempt that reported its objective under `loss`.
    func add(
        _ number: Int, _ state: TrialState, _ objective: Double?, _ parameters: [String: ParameterValue],
        reason: String? = nil, metrics: [String: Double] = [:]
    ) throws {
        let id = TrialID(Self.sweep, number)
        let members = parameters.sorted { $0.key < $1.key }.map { ParameterValue.Member($0.key, $0.value) }
        try store.apply([
            .trialInserted(TrialRecord(id: id, point: number, parameters: members, created: Self.time(number))),
            .attemptInserted(
                AttemptID(id, 1), agent: AgentID("a"), agentName: "a", host: "h", slot: "0", slotIndex: 0,
                at: Self.time(number)),
            .trialChanged(
                TrialProgress(
                    id: id, state: state, attempt: 1, objective: objective,
                    metrics: metrics.merging(objective.map { ["loss": $0] } ?? [:]) { a, _ in a }, reason: reason,
                    started: Self.time(number), ended: state.isFinal ? Self.time(number + 10) : nil)),
        ])
        backend.changed(number)
    }

    func report(_ number: Int, _ values: [(step: Int, metrics: [String: Double])]) throws {
        try store.apply([
            .reportsAppended(
                AttemptID(TrialID(Self.sweep, number), 1), sequence: 1,
                values.map { Report(step: $0.step, time: Self.time(number + $0.step), metrics: $0.metrics) })
        ])
    }

    struct Reply {
        var status: Int
        var headers: HTTPFields
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
        var json: ParameterValue { (try? JSONParser.parse(body)) ?? .null }
    }

    /// Asks with the token, unless `headers` say otherwise.
    func ask(
        _ path: String, _ method: HTTPRequest.Method = .get,
        headers: [String: String] = ["Authorization": "Bearer \(token)"],
        host: String = "127.0.0.1:7734", body: String = ""
    ) async throws -> Reply {
        let response = await respond(path, method, headers: headers, host: host, body: body)
        let collected = Collected()
        try await response.body.write(collected)
        return Reply(status: response.status.code, headers: response.headers, body: collected.bytes)
    }

    func respond(
        _ path: String, _ method: HTTPRequest.Method = .get,
        headers: [String: String] = ["Authorization": "Bearer \(token)"],
        host: String = "127.0.0.1:7734", body: String = ""
    ) async -> Response {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return await api.respond(
            to: Request(
                head: HTTPRequest(
                    method: method, scheme: "http", authority: host, path: path, headerFields: fields),
                body: RequestBody(buffer: ByteBuffer(string: body))))
    }
}

/// Takes what a response writes.
final class Collected: ResponseBodyWriter, Sendable {
    private let buffer = Mutex<[UInt8]>([])

    var bytes: [UInt8] { buffer.withLock { $0 } }
    var text: String { String(decoding: bytes, as: UTF8.self) }

    func write(_ buffer: ByteBuffer) async throws { self.buffer.withLock { $0 += Array(buffer.readableBytesView) } }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// What the controller would say.
final class TestBackend: DashboardBackend {
    let store: Store
    let acted = Mutex<[DashboardAction]>([])
    private let listeners = Mutex<[TestChanges]>([])

    init(store: Store) { self.store = store }

    func changed(_ trial: Int) { for listener in listeners.withLock({ $0 }) { listener.note(trial) } }

    func facts(of sweep: SweepID) -> SweepFacts? {
        guard sweep == TestDesk.sweep else { return nil }
        return SweepFacts(
            method: "random", objective: Objective(metric: "loss"), expected: 100,
            axes: [SweepAxis(name: "lr", scale: .log, low: 1e-5, high: 0.1, law: "log_uniform_values 1e-05 … 0.1")],
            derived: derived.withLock { $0 })
    }

    func sweeps() async throws -> [SweepRow] { [try await sweep(TestDesk.sweep.text)] }

    func sweep(_ text: String) async throws -> SweepRow {
        let record = try store.find(text)
        let snapshot = try store.sweep(record.id)
        return SweepRow(
            id: record.id, name: record.name, state: record.state, method: "random", metric: "loss", goal: .minimize,
            created: record.created,
            counts: Dictionary(uniqueKeysWithValues: (snapshot?.counts ?? [:]).map { ($0.key.rawValue, $0.value) }),
            yaml: record.yaml)
    }

    func agents() async throws -> [AgentRow] { [] }

    func status() async throws -> ControllerStatus {
        ControllerStatus(
            build: "test", pid: 1, address: "", home: "", started: TestDesk.time(0), sweeps: 1, agents: 0, slots: 0,
            liveTrials: 0)
    }

    func insight(of sweep: SweepID) async throws -> SweepInsight {
        SweepInsight(
            shares: [.init(name: "lr", share: 0.75, deviation: 0.125)], together: 0.125, learntFrom: 9,
            forecast: .init(trials: 20, chance: 0.25, improvement: 0.5, basis: "order"))
    }

    let landscapes = Mutex(0)
    let derived = Mutex<[DerivedMetric]>([])

    func landscape(of sweep: SweepID, pair: (across: String, up: String)?) async throws -> ParameterValue {
        landscapes.withLock { $0 += 1 }
        return .object([.init("pair", .list([pair?.across, pair?.up].map { $0.map { .string($0) } ?? .null }))])
    }

    func edit(_ sweep: SweepID, _ request: EditRequest) async throws -> EditedSweep {
        EditedSweep(sweep: sweep, changes: request.exclude.map { "excluded: \($0)" })
    }

    func remark(_ sweep: SweepID, trial: Int?, _ change: RemarkChange) async throws -> Remark {
        try store.remark(sweep, trial: trial, change, at: TestDesk.time(99))
    }

    func artifacts(of sweep: SweepID?, name: String?) async throws -> [ArtifactRow] {
        [Self.artifact].filter { (sweep == nil || $0.sweep == sweep) && (name == nil || $0.name == name) }
    }

    func artifact(_ reference: String) async throws -> (ArtifactRow, [ArtifactFile]) {
        guard ArtifactReference(reference)?.name == "model" else { throw SweepError(.notFound, "no artifact") }
        return (Self.artifact, [ArtifactFile(path: "a/page 1.html", size: 11, digest: Self.artifact.manifest)])
    }

    func content(_ digest: String, from offset: Int, limit: Int) async throws -> [UInt8] {
        Array("<script></>".utf8.dropFirst(offset).prefix(limit))
    }

    static let artifact = ArtifactRow(
        name: "model", version: 3, sweep: nil, trial: nil, attempt: nil, type: "model",
        manifest: String(repeating: "a", count: 64), size: 11, files: 1, created: TestDesk.time(5),
        aliases: ["latest"], metadata: .object([.init("acc", .double(0.5))]), objective: nil, uses: [])

    func perform(_ action: DashboardAction) async throws { acted.withLock { $0.append(action) } }

    func changes(of sweep: SweepID) -> any DashboardChanges {
        let changes = TestChanges()
        listeners.withLock { $0.append(changes) }
        return changes
    }

    func reasons(of trial: TrialID) async throws -> (facts: [(name: String, text: String)], neighbours: [Int]) {
        ([("chosen by", "a <b>die</b>"), ("", "thrown twice")], [1, 2])
    }

    /// Files of every attempt's record, by name.
    let record = Mutex<[String: [UInt8]]>([:])

    func recordFiles(_ attempt: AttemptID) async throws -> [(name: String, size: Int)] {
        record.withLock { $0.map { ($0.key, $0.value.count) }.sorted { $0.0 < $1.0 } }
    }

    func record(_ attempt: AttemptID, _ file: String, from offset: Int, limit: Int) async throws -> [UInt8] {
        Array(record.withLock { $0[file] ?? [] }.dropFirst(offset).prefix(limit))
    }

    func log(_ attempt: AttemptID, from place: LogPlace) async throws -> LogSlice {
        LogSlice(text: "\(attempt) \(place)", start: 0, next: 3, hasMore: false)
    }
}

final class TestChanges: DashboardChanges {
    let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let dirty = Mutex<Set<Int>>([])

    init() { (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func note(_ trial: Int) {
        dirty.withLock { _ = $0.insert(trial) }
        continuation.yield()
    }

    func take() -> (sweep: Bool, trials: Set<Int>) {
        dirty.withLock { dirty in
            defer { dirty = [] }
            return (!dirty.isEmpty, dirty)
        }
    }

    func close() { continuation.finish() }
}
