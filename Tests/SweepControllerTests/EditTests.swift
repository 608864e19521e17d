import SweepModel
import SweepWire
import Testing

@testable import SweepController

@Suite struct EditTests {
    private func request(_ key: String, _ change: (inout EditRequest) -> Void) -> EditRequest {
        var request = EditRequest(key: key)
        change(&request)
        return request
    }

    @Test func `a grid is changed while it runs, and its history survives a restart`() async throws {
        let first = try await TestController()
        defer { first.remove() }
        var client = try await first.client()
        let sweep = try await TestSweep.create(client, TestSweep.grid(4), name: "mine")
        var agent = try await FakeAgent(first)
        try await agent.say(.ready(slot: 0))
        let one = try await agent.assignment().attempt
        let drop = request("k1") {
            $0.drop = ["x=1"]
            $0.add = ["x=9"]
            $0.because = "out of memory"
        }
        let edited = try #require(try await client.ask(.edit(sweep: "mine", drop), EditedSweep.self).first)
        #expect(edited.changes == ["x: [0, 1, 2, 3] → [0, 2, 3, 9]"])
        #expect(edited.edit?.because == "out of memory")
        // Sent again, as a client does whose connection broke.
        let again = try #require(try await client.ask(.edit(sweep: "mine", drop), EditedSweep.self).first)
        #expect(again.edit == edited.edit)
        let tried = try await client.ask(
            .edit(sweep: "mine", request("k2") { $0.tries = ["{x: 9}"] }), EditedSweep.self)
        #expect(tried.first?.edit?.trials == [2])
        #expect(try await client.ask(.show(sweep: "mine"), SweepRow.self).first?.expected == 4)
        try await first.stop()

        let second = try await TestController(home: first.home)
        client = try await second.client()
        let row = try #require(try await client.ask(.show(sweep: "mine"), SweepRow.self).first)
        // 0 and 9 were chosen, 2 and 3 are left.
        #expect(row.expected == 4)
        #expect(row.edits?.map(\.changes) == [["x: [0, 1, 2, 3] → [0, 2, 3, 9]"], ["try {x: 9}"]])
        #expect(row.yaml?.contains("values: [0, 2, 3, 9]") == true)
        agent = try await FakeAgent(second)
        try await client.ask(.cancelTrial(one.trial))
        var values: [ParameterValue] = []
        try await agent.say(.ready(slot: 0))
        for _ in 0..<3 {
            let assignment = try await agent.assignment()
            let attempt = assignment.attempt
            if attempt.trial != one.trial { values.append(contentsOf: assignment.parameters.map(\.value)) }
            try await agent.say(
                FakeAgent.started(attempt), FakeAgent.report(attempt, 2, ["loss": 1], step: 1),
                FakeAgent.ended(attempt, 3), .ready(slot: 0))
            try await agent.acknowledged(attempt, 3)
        }
        #expect(values == [9, 2, 3])
        try await eventually("the sweep is finished") {
            try await client.ask(.show(sweep: sweep.text), SweepRow.self).first?.state == .finished
        }
        try await second.stop()
    }

    @Test func `a trial of an edit changes nothing, and a wrong one says why`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            _ = try await TestSweep.create(client, TestSweep.grid(2), name: "mine")
            let only = request("k") {
                $0.runCap = "1"
                $0.isTrial = true
            }
            let shown = try #require(try await client.ask(.edit(sweep: "mine", only), EditedSweep.self).first)
            #expect(shown.changes == ["run cap: none → 1"])
            #expect(shown.yaml?.contains("run_cap: 1") == true)
            #expect(shown.edit == nil)
            let row = try #require(try await client.ask(.show(sweep: "mine"), SweepRow.self).first)
            #expect(row.edits == nil && row.yaml?.contains("run_cap") == false)
            let error = await #expect(throws: SweepError.self) {
                _ = try await client.ask(
                    .edit(sweep: "mine", request("k") { $0.drop = ["x=7"] }), EditedSweep.self)
            }
            #expect(error?.category == .usage)
            #expect(error?.message.contains("no such value") == true)
        }
    }
}
