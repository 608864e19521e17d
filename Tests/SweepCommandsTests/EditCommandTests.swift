import Foundation
import SweepCommands
import SweepModel
import SweepWire
import Testing

@Suite struct EditCommandTests {
    @Test func `every option reaches the controller as it was typed`() async throws {
        let asked = try await ask([
            "edit", "k3f9", "--run-cap", "200", "--budget", "4h", "--parallel", "none", "--priority", "3", "--stop",
            "{type: hyperband, min_iter: 3}", "--add", "lr=0.3", "--add", "lr=0.4", "--drop", "batch=64", "--range",
            "lr=1e-4:1e-2", "--try", "{lr: 0.01}", "--exclude", "batch = 64 and lr > 0.1", "--include", "lr > 1",
            "--because", "out of memory",
        ])
        #expect(asked.ran.code == 0, "\(asked.ran.talk)")
        let edit = try #require(
            asked.requests.compactMap { request -> EditRequest? in
                if case .edit("k3f9x2mp", let edit) = request { edit } else { nil }
            }.first)
        #expect(edit.runCap == "200" && edit.budget == "4h" && edit.parallel == "none" && edit.priority == 3)
        #expect(edit.stop == "{type: hyperband, min_iter: 3}")
        #expect(edit.add == ["lr=0.3", "lr=0.4"] && edit.drop == ["batch=64"] && edit.range == ["lr=1e-4:1e-2"])
        #expect(edit.tries == ["{lr: 0.01}"] && edit.exclude == ["batch = 64 and lr > 0.1"])
        #expect(edit.include == ["lr > 1"] && edit.because == "out of memory" && !edit.isTrial)
        #expect(!edit.key.isEmpty)
        #expect(asked.ran.output == "without batch=64\n")
        #expect(asked.ran.talk.contains("sweep k3f9x2mp is changed (edit 1)"))
    }

    @Test func `a dry run asks only, and JSON is one document`() async throws {
        @Sendable func answer(_ request: ClientRequest) -> FakeController.Answer {
            guard case .edit(_, let edit) = request else { return Fixtures.answer(request) }
            let changes = edit.isTrial ? ["would change"] : ["changed"]
            return .items([
                Fixtures.item(EditedSweep(sweep: Fixtures.sweepID, changes: changes, warnings: ["<\u{1b}>"]))
            ])
        }
        let tried = try await ask(["edit", "--run-cap", "9", "--dry-run", "--json"], answering: answer).ran
        let document = try JSONParser.parse(tried.output)
        #expect(document["version"] == 1 && document["sweep"] == "k3f9x2mp")
        #expect(document["changes"] == ["would change"] && document["edit"] == .some(.null))
        #expect(tried.talk.contains("warning: <") && !tried.talk.contains("\u{1b}"))
        #expect(
            try await ask(["edit", "--run-cap", "9", "--dry-run"], answering: answer).ran.talk.contains(
                "nothing was changed yet"))
    }

    @Test func `without an option the file opens in the person's editor, and what is saved is sent`() async throws {
        @Sendable func answer(_ request: ClientRequest) -> FakeController.Answer {
            if case .show = request { return .items([Fixtures.item(Fixtures.sweep(yaml: "run_cap: 10\n"))]) }
            return Fixtures.answer(request)
        }
        func edits(_ requests: [ClientRequest]) -> [String?] {
            requests.compactMap { if case .edit(_, let edit) = $0 { .some(edit.yaml) } else { nil } }
        }
        let saved = try await ask(["edit"], environment: ["EDITOR": "sed -i s/10/20/"], answering: answer)
        #expect(edits(saved.requests) == ["run_cap: 20\n"])
        let left = try await ask(["edit"], environment: ["EDITOR": "true"], answering: answer)
        #expect(edits(left.requests).isEmpty && left.ran.talk.contains("nothing was changed"))
        let broken = try await ask(["edit"], environment: ["EDITOR": "false"], answering: answer)
        #expect(edits(broken.requests).isEmpty && broken.ran.code == 1 && broken.ran.talk.contains("'false' ended"))
    }

    @Test func `what the controller refuses is told with its remedy`() async throws {
        let refused = try await ask(["edit", "--drop", "nothing=1"]) { request in
            guard case .edit = request else { return Fixtures.answer(request) }
            return .failed(SweepError(.usage, "there is no parameter 'nothing'", remedy: "there are lr, layers"))
        }.ran
        #expect(refused.code == 64)
        #expect(refused.talk == "error: there is no parameter 'nothing'\nhelp: there are lr, layers\n")
        #expect(refused.output.isEmpty)
    }
}
