import SweepModel
import SweepSearch
import Testing

/// Stops whatever reports a value of more than 1 at step 3 or later.
private struct StopAboveOne: StoppingRule {
    static let name = "above-one"
    static let keys: [StoppingKey] = []

    init() {}
    init(problem: StoppingProblem) throws(SweepError) {}

    func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        guard let last = book.curves[trial]?.points.last, last.step >= 3, last.value > 1 else { return .goOn }
        return .stop(StoppingNote(rule: Self.name, value: last.value))
    }
}

@Suite struct AskTellTests {
    static let space =
        ["lr": ["min": 0.0, "max": 1.0], "opt": ["values": ["sgd", "adam"]]] as [String: DistributionFields]

    func desk(
        _ method: String = "random", budget: Int? = nil, goals: [Objective.Goal] = [.minimize],
        rule: (any StoppingRule)? = nil
    ) throws -> AskTellDesk {
        let problem = SearchProblem(space: try .of(Self.space), seed: 1, goals: goals, budget: budget)
        let type = try #require(BuiltIns.searchMethod(named: method))
        return AskTellDesk(SearchRun(problem: problem, method: try type.init(problem: problem), rule: rule))
    }

    func answer(_ desk: inout AskTellDesk, _ line: String) throws -> ParameterValue? {
        try desk.answer(Array(line.utf8)).map { try JSONParser.parse($0) }
    }

    @Test func `several asks may be outstanding, and values come in any order`() throws {
        var desk = try desk()
        for number in 1...3 {
            let asked = try #require(try answer(&desk, #"{"op":"ask"}"#))
            #expect(asked["id"] == .string("\(number)"))
            #expect(asked["params"]?.members?.map(\.key) == ["lr", "opt"])
        }
        #expect(desk.run.pending == [1, 2, 3])
        #expect(try answer(&desk, #"{"op":"tell","id":"3","value":0.5}"#) == nil)
        #expect(try answer(&desk, #"{"op":"tell","id":1,"value":null}"#) == nil)
        #expect(desk.run.history.observations.map(\.status) == [.failed, .pending, .completed(0.5)])
        #expect(desk.run.pending == [2])
    }

    @Test func `an ask after the budget is answered with done`() throws {
        var desk = try desk(budget: 2)
        for _ in 0..<2 { #expect(try answer(&desk, #"{"op":"ask"}"#)?["id"] != nil) }
        for _ in 0..<2 { #expect(try answer(&desk, #"{"op":"ask"}"#) == ["done": true]) }
    }

    @Test(arguments: ["random", "sobol", "bayes", "tpe", "cmaes", "auto"])
    func `the file's starting points come first, whatever the method`(name: String) throws {
        let space = try SearchSpace.of(["a": ["min": 0.0, "max": 1.0]])
        let points = [Point(values: [0.25]), Point(values: [0.125])]
        let problem = SearchProblem(space: space, seed: 2, budget: 4, initial: points)
        var run = SearchRun(
            problem: problem, method: try #require(BuiltIns.searchMethod(named: name)).init(problem: problem))
        let asked = try (0..<4).map { _ in
            let asked = run.ask()
            return try #require(asked)
        }
        #expect(asked.prefix(2).map(\.point) == points)
        #expect(asked.prefix(2).allSatisfy { $0.note.origin == "starting point" })
        #expect(Set(asked.map(\.point)).count == 4)
        #expect(run.ask() == nil)
    }

    @Test func `trials that somebody else ran are learnt from, and take up no budget`() throws {
        var desk = try desk("bayes", budget: 1)
        for (rate, value) in [(0.1, "3"), (0.2, "null"), (0.3, "1"), (0.4, "2"), (0.5, "4")] {
            let line = #"{"op":"tell","params":{"lr":\#(rate),"opt":"sgd"},"value":\#(value)}"#
            #expect(try answer(&desk, line) == nil)
        }
        #expect(desk.run.history.observations.map(\.status).prefix(3) == [.completed(3), .failed, .completed(1)])
        for wrong in [#"{"lr":7,"opt":"sgd"}"#, #"{"lr":0.5}"#, #"{"lr":0.5,"opt":"rmsprop"}"#, "{}", "5"] {
            #expect(try answer(&desk, #"{"op":"tell","params":\#(wrong),"value":1}"#)?["error"] != nil, "\(wrong)")
        }
        #expect(desk.run.pending.isEmpty && desk.run.history.observations.count == 5)
        #expect(try answer(&desk, #"{"op":"ask"}"#)?["id"] == "6")
        #expect(try answer(&desk, #"{"op":"ask"}"#) == ["done": true])
    }

    @Test func `a paused trial comes back with the step that it goes on from`() throws {
        let rule = try ASHA(problem: StoppingProblem(fidelity: Fidelity(max: 9, resumes: true), budget: 3))
        var desk = try desk(budget: 3, rule: rule)
        for number in 1...3 {
            #expect(try answer(&desk, #"{"op":"ask"}"#)?["id"] == .string("\(number)"))
            let report = #"{"op":"report","id":"\#(number)","step":1,"value":\#(number)}"#
            #expect(try answer(&desk, report) == ["stop": true, "pause": true])
        }
        #expect(desk.run.history.observations.map(\.status) == [.pruned(1), .pruned(2), .pruned(3)])
        let again = try #require(try answer(&desk, #"{"op":"ask"}"#))
        #expect(again["id"] == "1" && again["from"] == 1.0)
        #expect(desk.run.pending == [1] && desk.run.history.observations.first?.status == .pending)
        #expect(try answer(&desk, #"{"op":"ask"}"#) == ["done": true])
        #expect(try answer(&desk, #"{"op":"report","id":"1","step":3,"value":0.5}"#) == ["stop": false])
        #expect(try answer(&desk, #"{"op":"tell","id":"1","value":0.25}"#) == nil)
        #expect(desk.run.history.observations.first?.status == .completed(0.25))
        #expect(try answer(&desk, #"{"op":"ask"}"#) == ["done": true])
    }

    @Test func `a stopped trial stays stopped, whatever is said of it later`() throws {
        var desk = try desk(rule: StopAboveOne())
        _ = try answer(&desk, #"{"op":"ask"}"#)
        #expect(try answer(&desk, #"{"op":"report","id":"1","step":1,"value":9}"#) == ["stop": false])
        #expect(try answer(&desk, #"{"op":"report","id":"1","step":3,"value":4}"#) == ["stop": true])
        #expect(try answer(&desk, #"{"op":"report","id":"1","step":4,"value":0}"#) == ["stop": true])
        #expect(try answer(&desk, #"{"op":"tell","id":"1","value":0}"#) == nil)
        let observation = try #require(desk.run.history.observations.first)
        #expect(observation.status == .pruned(4))
        #expect(observation.curve.map(\.value) == [9, 4])
        #expect(observation.curve.map(\.best) == [9, 4])
    }

    @Test func `a value that is no number is a failure, and a report of one is passed over`() throws {
        var desk = try desk(rule: StopAboveOne())
        for _ in 0..<2 { _ = try answer(&desk, #"{"op":"ask"}"#) }
        #expect(try answer(&desk, #"{"op":"report","id":"1","step":3,"value":NaN}"#) == ["stop": false])
        #expect(try answer(&desk, #"{"op":"report","id":"1","step":3,"value":null}"#) == ["stop": false])
        _ = try answer(&desk, #"{"op":"tell","id":"1","value":Infinity}"#)
        #expect(desk.run.history.observations[0].status == .failed)
        #expect(desk.run.history.observations[0].curve.isEmpty)
    }

    @Test(arguments: [
        "{", "[]", "7", "{}", #"{"op":1}"#, #"{"op":"sing"}"#, #"{"op":"tell"}"#, #"{"op":"tell","id":"1"}"#,
        #"{"op":"tell","id":"1","value":"low"}"#, #"{"op":"tell","id":"9","value":1}"#,
        #"{"op":"tell","id":"9223372036854775807","value":1}"#, #"{"op":"tell","id":"-9223372036854775808","value":1}"#,
        #"{"op":"tell","id":"0","value":1}"#, #"{"op":"tell","id":1.5,"value":1}"#,
        #"{"op":"report","id":"1","value":1}"#, #"{"op":"report","id":"1","step":"x","value":1}"#,
        #"{"op":"report","id":"1","step":1}"#, #"{"op":"tell","id":"1","values":[1,2]}"#, "\u{0}\u{FF}",
    ])
    func `a line that cannot be understood is answered with an error and changes nothing`(_ line: String) throws {
        var desk = try desk()
        _ = try answer(&desk, #"{"op":"ask"}"#)
        let error = try #require(try answer(&desk, line)?["error"]?.string)
        #expect(!error.isEmpty)
        #expect(desk.run.history.observations.map(\.status) == [.pending])
        #expect(try answer(&desk, #"{"op":"tell","id":"1","value":1}"#) == nil)
        #expect(desk.run.history.observations.map(\.status) == [.completed(1)])
    }

    @Test func `a trial is told once`() throws {
        var desk = try desk()
        _ = try answer(&desk, #"{"op":"ask"}"#)
        _ = try answer(&desk, #"{"op":"tell","id":"1","value":1}"#)
        #expect(try answer(&desk, #"{"op":"tell","id":"1","value":2}"#)?["error"] != nil)
        #expect(try answer(&desk, #"{"op":"report","id":"1","step":1,"value":2}"#)?["error"] != nil)
        #expect(desk.run.history.observations.map(\.status) == [.completed(1)])
    }

    @Test func `several objectives are told together`() throws {
        var desk = try desk(goals: [.minimize, .maximize])
        for _ in 0..<2 { _ = try answer(&desk, #"{"op":"ask"}"#) }
        #expect(try answer(&desk, #"{"op":"tell","id":"1","value":1}"#)?["error"] != nil)
        #expect(try answer(&desk, #"{"op":"tell","id":"1","values":[1,2]}"#) == nil)
        #expect(try answer(&desk, #"{"op":"tell","id":"2","values":[1,null]}"#) == nil)
        #expect(desk.run.history.observations[0].further == [2])
        #expect(desk.run.history.observations.map(\.status) == [.completed(1), .failed])
    }

    @Test func `a line beyond the limit is refused, an empty one passed over`() throws {
        var desk = try desk()
        let long = #"{"op":"ask","x":""# + String(repeating: "a", count: AskTellDesk.longestLine) + #""}"#
        #expect(try answer(&desk, long)?["error"] != nil)
        #expect(try answer(&desk, "") == nil)
        #expect(try answer(&desk, " \r") == nil)
        #expect(desk.run.history.observations.isEmpty)
    }
}
