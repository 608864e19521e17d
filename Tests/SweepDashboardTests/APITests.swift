import HTTPTypes
import Hummingbird
import HummingbirdCore
import SweepModel
import Testing

@testable import SweepDashboard

@Suite struct APITests {
    @Test func `the description names every address, and no other`() throws {
        let paths = try #require(try JSONParser.parse(PageFiles.description)["paths"]?.members)
        let described = Set(
            paths.flatMap { path in
                (path.value.members ?? []).map { "\($0.key.uppercased()) \(path.key)" }
            })
        #expect(described == Set(APIRoutes.all.map { "\($0.method.rawValue) \($0.path)" }))
        for path in paths {
            for operation in path.value.members ?? [] {
                let named: [ParameterValue] =
                    if case .list(let list)? = operation.value["parameters"] { list } else { [] }
                let inPath = Set(named.filter { $0["in"]?.string == "path" }.compactMap { $0["name"]?.string })
                let braces = Set(
                    path.key.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                        String($0.dropFirst().dropLast())
                    })
                #expect(inPath == braces, "\(path.key)")
            }
        }
    }

    @Test func `trials come as columns with every number that was reported`() async throws {
        let desk = try TestDesk()
        try desk.add(1, .completed, 0.5, ["lr": .double(0.1), "optimizer": "adam"], metrics: ["acc": .nan])
        try desk.add(2, .failed, nil, ["lr": .double(0.2), "layers": .int(3)], reason: "out of memory")
        let table = try await desk.ask("/api/v1/sweeps/bcdfghjk/trials").json
        #expect(table["number"] == [1, 2])
        #expect(table["states"] == "cf")
        #expect(table["objective"] == [0.5, nil])
        #expect(table["reason"] == [nil, 0])
        #expect(table["reasonTexts"] == ["out of memory"])
        guard case .list(let parameters)? = table["parameters"], case .list(let metrics)? = table["metrics"] else {
            Issue.record("no columns")
            return
        }
        let values = Dictionary(parameters.compactMap { p in p["name"]?.string.map { ($0, p["values"]) } }) { a, _ in a
        }
        #expect(values["lr"] == [0.1, 0.2])
        #expect(values["layers"] == [nil, 3])
        #expect(values["optimizer"] == [[0], nil])
        #expect(metrics.first { $0["name"] == "acc" }?["values"] == ["NaN", nil])
    }

    @Test func `a remark is changed in part, read by all, and written by nobody who may only read`() async throws {
        let desk = try TestDesk(trials: 2)
        let path = "/api/v1/sweeps/bcdfghjk/trials/2/remark"
        let said = try await desk.ask(path, .post, body: #"{"note": "<b>", "addedTags": ["x"]}"#)
        #expect(said.json["note"] == "<b>")
        #expect(try await desk.ask(path, .post, body: #"{"star": true}"#).json["tags"] == ["x"])
        let all = try await desk.ask("/api/v1/sweeps/bcdfghjk/remarks").json
        #expect(all["trials"]?["2"]?["star"] == true)
        #expect(all["sweep"]?["note"] == "")
        #expect(try await desk.ask(path, .post, body: "[1]").status == 400)
        #expect(try await desk.ask(path, .post, body: #"{"star": "yes"}"#).status == 400)
        #expect(try await desk.ask("/api/v1/sweeps/bcdfghjk/trials/9/remark", .post, body: "{}").status == 404)
        let key = desk.api.access.linkKey(of: TestDesk.sweep)
        let link = "?key=bcdfghjk.\(key)"
        #expect(try await desk.ask("/api/v1/sweeps/bcdfghjk/remarks" + link, headers: [:]).status == 200)
        let refused = try await desk.ask(path + link, .post, headers: [:], body: #"{"star": true}"#).status
        #expect([401, 403].contains(refused))
    }

    @Test func `what matters and what more trials may bring is told`() async throws {
        let desk = try TestDesk(trials: 3)
        let insight = try await desk.ask("/api/v1/sweeps/bcdfghjk/insight").json
        #expect(
            insight["importance"] == [["name": "lr", "share": 0.75, "deviation": 0.125, "rho": .null]])
        #expect(insight["forecast"]?["chance"] == 0.25)
        #expect(insight["learntFrom"] == 9)
    }

    @Test func `an answer that a client has is not sent again until something changes`() async throws {
        let desk = try TestDesk(trials: 3)
        let headers = ["Authorization": "Bearer \(TestDesk.token)"]
        let first = try await desk.ask("/api/v1/sweeps/bcdfghjk/trials")
        let tag = try #require(first.headers[.eTag])
        let known = headers.merging(["If-None-Match": tag]) { a, _ in a }
        let second = try await desk.ask("/api/v1/sweeps/bcdfghjk/trials", headers: known)
        #expect(second.status == 304)
        #expect(second.body.isEmpty)
        // Another question has another tag.
        #expect(try await desk.ask("/api/v1/sweeps/bcdfghjk/trials?limit=2", headers: known).status == 200)
        try desk.add(4, .completed, 4, [:])
        let third = try await desk.ask("/api/v1/sweeps/bcdfghjk/trials", headers: known)
        #expect(third.status == 200)
        #expect(third.json["number"] == [1, 2, 3, 4])
    }

    @Test func `of many trials the best and those that run are in the sample`() async throws {
        let desk = try TestDesk(trials: 60)
        try desk.add(61, .running, nil, [:])
        let table = try await desk.ask("/api/v1/sweeps/bcdfghjk/trials?limit=12").json
        #expect(table["total"] == 61)
        #expect(table["shown"] == 12)
        guard case .list(let numbers)? = table["number"] else { return }
        #expect(Set(numbers).isSuperset(of: [1, 2, 3, 61]))
        #expect(numbers.compactMap(\.number) == numbers.compactMap(\.number).sorted())
    }

    @Test func `an expression selects trials`() async throws {
        let desk = try TestDesk(trials: 9)
        try desk.add(10, .failed, nil, ["lr": .double(9)], reason: "out of memory")
        func numbers(_ expression: String) async throws -> ParameterValue? {
            let encoded = expression.replacing(" ", with: "%20").replacing("'", with: "%27").replacing(
                "%%", with: "%25%25")
            return try await desk.ask("/api/v1/sweeps/bcdfghjk/trials?where=\(encoded)").json["number"]
        }
        #expect(try await numbers("lr > 0.75 and optimizer = 'adam'") == [8, 9])
        #expect(try await numbers("state = 'failed'") == [10])
        #expect(try await numbers("objective between 2 and 3 or abs(loss - 5) < 0.1") == [2, 3, 5])
    }

    @Test(arguments: [
        "lrr > 1", "lr >", "1) or (1", "number; drop table trials", "(select name from sqlite_schema)",
        "randomblob(1000000000)",
        "\"randomblob\"(9)", "load_extension('x')", "1 /* x",
        "exists (with recursive a as (select 1 union all select 1 from a) select 1 from a)",
    ])
    func `an expression that is none is refused with what there is`(expression: String) async throws {
        let desk = try TestDesk(trials: 2)
        let encoded = expression.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let answer = try await desk.ask("/api/v1/sweeps/bcdfghjk/trials?where=\(encoded)")
        #expect(answer.status == 400, "\(expression): \(answer.text)")
        #expect(answer.json["error"]?["category"] == "usage")
    }

    @Test func `pandas can read the trials`() async throws {
        let desk = try TestDesk()
        try desk.add(1, .completed, 0.5, ["lr": .double(0.1), "name": "a,\"b\""], metrics: ["acc": .infinity])
        try desk.add(2, .failed, nil, ["lr": .double(0.2), "name": "=1+1"], reason: "line 1\nline 2")
        let answer = try await desk.ask("/api/v1/sweeps/bcdfghjk/trials.csv")
        #expect(answer.headers[.contentType] == "text/csv; charset=utf-8")
        let lines = answer.text.split(separator: "\n", maxSplits: 2)
        #expect(
            lines[0]
                == "number,state,objective,step,attempt,point,seconds,started,ended,agent,exit,reason,lr,name,acc,loss")
        #expect(lines[1].hasPrefix("1,completed,0.5,,1,1,10.0,"))
        #expect(lines[1].hasSuffix("a:0,,,0.1,\"a,\"\"b\"\"\",inf,0.5"))
        #expect(lines[2].contains("\"line 1\nline 2\",0.2,\"'=1+1\",,"))
    }

    @Test func `a metric is thinned with its peaks kept`() async throws {
        let desk = try TestDesk(trials: 1)
        try desk.report(
            1,
            (0..<3000).map { step in
                (step, ["loss": step == 1234 ? 99 : step == 2345 ? .nan : Double(step % 7)])
            })
        let answer = try await desk.ask("/api/v1/sweeps/bcdfghjk/trials/1/metrics?width=100").json
        guard case .list(let series)? = answer["series"], case .list(let values)? = series.first?["value"] else {
            Issue.record("no series")
            return
        }
        #expect(values.count <= 201)
        #expect(values.contains(99))
        #expect(values.contains("NaN"))
        #expect(series.first?["points"] == 3000)
        #expect(series.first?["nonFinite"] == 1)
        let csv = try await desk.ask("/api/v1/sweeps/bcdfghjk/trials/1/metrics.csv").text
        #expect(csv.split(separator: "\n").count == 3001)
        let curves = try await desk.ask("/api/v1/sweeps/bcdfghjk/curves?trials=1,7&width=50").json
        guard case .list(let all)? = curves["curves"] else { return }
        #expect(all.count == 1)
    }

    @Test func `what is asked for wrongly is named`() async throws {
        let desk = try TestDesk(trials: 1)
        for (path, status) in [
            ("/api/v1/sweeps/nosuch", 404), ("/api/v1/sweeps/bcdfghjk/trials/2", 404),
            ("/api/v1/sweeps/bcdfghjk/trials/x", 404), ("/api/v1/sweeps/bcdfghjk/trials/1/metrics?attempt=2", 400),
            ("/api/v1/sweeps/bcdfghjk/trials?limit=0", 400),
            ("/api/v1/sweeps/bcdfghjk/trials?limit=99999999999999999999", 400),
            ("/api/v1/sweeps/bcdfghjk/curves?trials=1,b", 400), ("/api/v1/nothing", 404),
        ] {
            let answer = try await desk.ask(path)
            #expect(answer.status == status, "\(path)")
            #expect(answer.json["error"]?["message"]?.string?.isEmpty == false, "\(path)")
        }
        #expect(try await desk.ask("/api/v1/sweeps", .post).status == 405)
        #expect(try await desk.ask("/api/v1/sweeps/bcdfghjk/actions/explode", .post).status == 404)
    }

    @Test func `a page hears of a change`() async throws {
        let desk = try TestDesk(trials: 2)
        let response = await desk.respond("/api/v1/sweeps/bcdfghjk/events")
        #expect(response.headers[.contentType]?.hasPrefix("text/event-stream") == true)
        let collected = Collected()
        let writing = Task { try await response.body.write(collected) }
        try await eventually("hello") { collected.text.contains("event: hello\ndata: {") }
        try desk.add(3, .completed, 0.25, ["lr": .double(0.01)])
        try await eventually("change") { collected.text.contains("event: change") }
        let data = try #require(collected.text.split(separator: "\n").last { $0.hasPrefix("data: ") }?.dropFirst(6))
        let change = try JSONParser.parse(String(data))
        #expect(change["trials"]?["number"] == [3])
        #expect(change["trials"]?["objective"] == [0.25])
        #expect(change["strip"]?["bestTrial"] == 3)
        writing.cancel()
        _ = await writing.result
    }
}

/// Polls until `condition` holds.
func eventually(_ what: String, seconds: Double = 20, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "never: \(what)")
        try await Task.sleep(for: .milliseconds(5))
    }
}
