import HTTPTypes
import SweepModel
import Synchronization
import Testing

@testable import SweepDashboard

@Suite struct InsightTests {
    private let base = "/api/v1/sweeps/bcdfghjk"

    @Test func `a metric's extremes are those of everything that was reported, and have a tag`() async throws {
        let desk = try TestDesk(trials: 3)
        try desk.report(1, [(1, ["acc": 0.5]), (2, ["acc": 0.9]), (3, ["acc": .nan]), (4, ["acc": 0.25])])
        try desk.report(3, [(1, ["acc": 2])])
        let answer = try await desk.ask(base + "/extremes?metric=acc")
        #expect(answer.json["number"] == [1, 3])
        #expect(answer.json["low"] == [0.25, 2])
        #expect(answer.json["high"] == [0.9, 2])
        let known = try #require(answer.headers[.eTag])
        let headers = ["Authorization": "Bearer \(TestDesk.token)", "If-None-Match": known]
        #expect(try await desk.ask(base + "/extremes?metric=acc", headers: headers).status == 304)
        #expect(try await desk.ask(base + "/extremes").status == 400)
    }

    @Test func `a computed metric is a column of the table, and can be filtered by`() async throws {
        let desk = try TestDesk(trials: 3)
        let table = try await desk.ask(
            base + "/trials?derive=twice%3D2*loss&derive=more%20%3D%20twice%2B1&where=more%3E4"
        ).json
        #expect(table["number"] == [2, 3])
        guard case .list(let metrics)? = table["metrics"] else {
            Issue.record("no metrics")
            return
        }
        #expect(metrics.first { $0["name"] == "twice" }?["values"] == [4, 6])
        #expect(metrics.first { $0["name"] == "more" }?["values"] == [5, 7])
        #expect(try await desk.ask(base + "/trials?derive=twice%3Dnonsense(").status == 400)
        #expect(try await desk.ask(base + "/trials?derive=2*loss").status == 400)
    }

    @Test func `the file's own computed metric is there, and one that cannot be computed yet harms nobody`()
        async throws
    {
        let desk = try TestDesk(trials: 2)
        desk.backend.derived.withLock { $0 = [.init("gap", "loss - nothing_yet"), .init("half", "loss / 2")] }
        let table = try await desk.ask(base + "/trials").json
        guard case .list(let metrics)? = table["metrics"] else {
            Issue.record("no metrics")
            return
        }
        #expect(metrics.compactMap { $0["name"]?.string } == ["loss", "half"])
        #expect(try await desk.ask(base + "/trials.csv").text.hasPrefix("number,"))
        #expect(try await desk.ask(base + "/trials.csv").text.contains(",half\n"))
    }

    @Test func `a landscape is asked for with its pair, and worked out once for all pages`() async throws {
        let desk = try TestDesk(trials: 1)
        #expect(try await desk.ask(base + "/landscape?across=lr&up=depth").json["pair"] == ["lr", "depth"])
        #expect(try await desk.ask(base + "/landscape").json["pair"] == [nil, nil])
        _ = try await desk.ask(base + "/landscape")
        #expect(desk.backend.landscapes.withLock { $0 } == 2)
    }

    @Test func `a slot is released by whoever may do everything`() async throws {
        let desk = try TestDesk(trials: 1)
        let path = "/api/v1/agents/gpu-box/actions/release"
        #expect(try await desk.ask(path + "?slot=3", .post).status == 204)
        #expect(try await desk.ask(path, .post).status == 204)
        #expect(desk.backend.acted.withLock { $0 } == [.release("gpu-box", slot: 3), .release("gpu-box", slot: nil)])
        #expect(try await desk.ask(path + "?slot=x", .post).status == 400)
        #expect(try await desk.ask(path, .post, headers: [:]).status == 401)
    }

    @Test func `what the machine had to do comes as series, whatever else is in the file`() async throws {
        let desk = try TestDesk(trials: 1)
        let lines = [
            #"{"time": 1000, "system.cpu": 10, "system.gpu.0.temp": 61, "other": 1}"#, "no JSON",
            #"{"time": "x", "system.cpu": 99}"#, #"{"time": 3000, "system.cpu": 30}"#,
            #"{"time": 1e300, "system.cpu": 1}"#,
            #"{"time": 5000, "system.c"#,
        ]
        desk.backend.record.withLock { $0["system.jsonl"] = [UInt8](lines.joined(separator: "\n").utf8) }
        let found = try await desk.ask(base + "/trials/1/system").json
        guard case .list(let series)? = found["series"] else {
            Issue.record("no series")
            return
        }
        #expect(series.compactMap { $0["name"]?.string } == ["system.cpu", "system.gpu.0.temp"])
        #expect(series.first?["value"] == [10, 30])
        #expect(series.first?["time"] == [0, 2000])
    }
}
