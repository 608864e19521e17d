import Glibc
import SweepAgent
import SweepModel
import SweepRecord
import Testing

/// The calls of MLflow's clients, as they were seen on the wire.
@Suite struct MLflowTests {
    private let attempt = AttemptID(TrialID(SweepID("s1"), 4), 2)

    private func call(
        _ answers: inout MLflowAnswers, _ method: String, _ path: String, _ body: String = "{}",
        query: [String: String] = [:]
    ) throws -> MLflowAnswers.Answer {
        answers.answer(method, "/api/2.0/mlflow/" + path, query: query, body: try JSONParser.parse(body))
    }

    @Test func `manual logging becomes readings with steps and times, and parameters become details`() throws {
        var answers = MLflowAnswers(attempt)
        let found = try call(&answers, "GET", "experiments/get-by-name", query: ["experiment_name": "mine"])
        #expect(found.body["experiment"]?["name"] == "mine")
        #expect(found.body["experiment"]?["experiment_id"] == "0")
        let run = try call(
            &answers, "POST", "runs/create",
            #"{"experiment_id":"0","user_id":"u","run_name":"r","start_time":5,"tags":[]}"#)
        let id = try #require(run.body["run"]?["info"]?["run_id"]?.string)
        #expect(id.count == 32)
        #expect(run.body["run"]?["info"]?["lifecycle_stage"] == "active")
        #expect(run.body["run"]?["info"]?["artifact_uri"]?.string == "mlflow-artifacts:/0/\(id)/artifacts")
        let one = try call(
            &answers, "POST", "runs/log-metric",
            #"{"run_id":"\#(id)","key":"loss","value":"NaN","timestamp":1700000000123,"step":3}"#)
        #expect(one.readings.map(\.step) == [3])
        #expect(one.readings.first?.metrics.first?.value.isNaN == true)
        #expect(one.readings.first?.time == Timestamp(milliseconds: 1_700_000_000_123))
        let batch = try call(
            &answers, "POST", "runs/log-batch",
            #"{"run_id":"\#(id)","metrics":[{"key":"a","value":1,"timestamp":1,"step":0},{"key":"b","value":"Infinity","step":0},{"key":"a","value":2,"step":"1"}],"params":[{"key":"lr","value":"0.1"}],"tags":[{"key":"t","value":"v"},{"key":"mlflow.x","value":"y"}]}"#
        )
        #expect(batch.readings.map { $0.metrics.map(\.name) } == [["a", "b"], ["a"]])
        #expect(batch.readings.map(\.step) == [0, 1])
        #expect(batch.details.map { "\($0.kind) \($0.name) \($0.json)" } == [#"config lr "0.1""#, #"tag t "v""#])
        let ended = try call(&answers, "POST", "runs/update", #"{"run_id":"\#(id)","status":"FINISHED","end_time":9}"#)
        #expect(ended.body["run_info"]?["status"] == "FINISHED")
        let got = try call(&answers, "GET", "runs/get", query: ["run_id": id])
        guard case .list(let metrics)? = got.body["run"]?["data"]?["metrics"] else {
            Issue.record("no metrics")
            return
        }
        #expect(metrics.map { $0["key"] } == ["a", "b", "loss"])
        #expect(metrics.map { $0["value"] } == [2.0, "Infinity", "NaN"])
    }

    @Test func `a nested run's metrics have its name in front, and a run that is not known counts`() throws {
        var answers = MLflowAnswers(attempt)
        let parent = try call(&answers, "POST", "runs/create", "{}").body["run"]?["info"]?["run_id"]?.string ?? ""
        let child = try call(
            &answers, "POST", "runs/create",
            #"{"run_name":"fold-1","tags":[{"key":"mlflow.parentRunId","value":"\#(parent)"}]}"#)
        let id = child.body["run"]?["info"]?["run_id"]?.string ?? ""
        let metric = #"{"run_id":"ID","key":"acc","value":1,"step":0}"#
        func log(_ run: String) throws -> [String] {
            let body = metric.split(separator: "ID", maxSplits: 1, omittingEmptySubsequences: false).joined(
                separator: run)
            return try call(&answers, "POST", "runs/log-metric", body).readings.flatMap { $0.metrics.map(\.name) }
        }
        #expect(try log(id) == ["fold-1/acc"])
        #expect(try log(parent) == ["acc"])
        #expect(try log("ffff") == ["acc"])
    }

    static let strange: [(String, String, String)] = [
        (
            "POST", "runs/log-batch",
            #"{"metrics":[1,{"key":2},{"key":"a","value":"x"},{"value":1}],"params":{},"tags":[[]]}"#
        ),
        ("POST", "runs/log-metric", "[]"), ("POST", "runs/log-inputs", "{}"), ("POST", "logged-models", "{}"),
        ("PATCH", "logged-models/m-1", "{}"), ("GET", "runs/search", "{}"), ("POST", "anything/new", "{}"),
        ("POST", "registered-models/create", #"{"name":"m"}"#), ("GET", "", "null"),
    ]

    @Test(arguments: strange) func `no call breaks anything`(method: String, path: String, body: String) throws {
        var answers = MLflowAnswers(attempt)
        let answer = try call(&answers, method, path, body)
        #expect([200, 404].contains(answer.status))
        #expect(answer.readings.isEmpty)
    }

    @Test func `an artifact's path stays in the attempt's folder`() throws {
        let folder = try TemporaryFolder()
        let desk = MLflowDesk(secret: "s", folder: folder.path, inbox: MLflowInbox())
        let attemptFolder = AttemptFolder(agentFolder: folder.path, attempt: attempt)
        #expect(desk.artifact(attempt, "/api/2.0/mlflow-artifacts/artifacts/0/r/a.txt") == nil)
        try DiskFile.makeFolder(attemptFolder.path)
        let place = desk.artifact(attempt, "/api/2.0/mlflow-artifacts/artifacts/0/r/a.txt")
        #expect(place?.folder == attemptFolder.artifacts)
        #expect(place?.path == "mlflow/0/r/a.txt")
        for path in ["../x", "a/../../x", "", "a/./b"] {
            #expect(desk.artifact(attempt, "/api/2.0/mlflow-artifacts/artifacts/" + path) == nil)
        }
        let (routed, rest) = try #require(desk.route("/s" + MLflowDesk.path(attempt) + "/api/2.0/mlflow/runs/get"))
        #expect(routed == attempt)
        #expect(rest == "/api/2.0/mlflow/runs/get")
        #expect(desk.route("/x" + MLflowDesk.path(attempt) + "/api") == nil)
    }
}
