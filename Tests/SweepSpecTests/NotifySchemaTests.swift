import SweepModel
import SweepSpec
import Testing

@Suite struct NotifySchemaTests {
    private func notify(_ text: String) throws -> Notify {
        let result = SpecParser.parse(sweep("a: {value: 1}", more: "notify:\n\(text)\n"))
        #expect(result.diagnostics.isEmpty)
        return try #require(result.spec?.notify)
    }

    @Test func `targets are read, and the most watchful decides when`() throws {
        let notify = try notify(
            """
              - webhook: https://hooks.example.com/services/T/B/x?y=1
                format: slack
                on: [new_best, gpu_hot]
                every: 10m
                gpu_hot: 85
              - command: [notify-send, Sweep]
                stalled_after: 5m
              - {webhook: "${envvar:HOOK}", on: finished, gpu_hot: 95, stalled_after: 1h}
            """)
        #expect(
            notify.targets == [
                NotifyTarget(
                    .webhook("https://hooks.example.com/services/T/B/x?y=1", .slack), kinds: [.newBest, .gpuHot],
                    every: 600),
                NotifyTarget(.command(["notify-send", "Sweep"])),
                NotifyTarget(.webhook("${envvar:HOOK}", .json), kinds: [.finished]),
            ])
        #expect(notify.rules.kinds == [.newBest, .gpuHot, .finished, .failed, .stalled, .agentLost])
        #expect(notify.rules.stalledAfter == 300)
        #expect(notify.rules.hotAt == 85)
        #expect(notify.hasCommand)
    }

    @Test func `one target needs no list, and is told the usual`() throws {
        let notify = try notify("  webhook: https://h/x")
        #expect(notify.targets == [NotifyTarget(.webhook("https://h/x", .json), kinds: NotifyTarget.usualKinds)])
        #expect(notify.rules == AlertRules(kinds: NotifyTarget.usualKinds))
        #expect(!notify.hasCommand)
    }

    @Test func `every mistake is told with its place and mend, and no address is shown`() {
        let found = problems(
            sweep(
                "a: {value: 1}",
                more: """
                    notify:
                      - webhok: https://h/secret
                      - webhook: ftp://h/secret
                        format: xml
                        on: [finishd, 3, test]
                        every: soon
                        gpu_hot: 500
                      - {command: echo, format: slack}
                      - {command: [echo], webhook: "https://h/secret"}
                      - 7

                    """))
        #expect(
            found.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == [
                "warning 4:5", "error 4:5", "error 5:14", "error 6:13", "error 7:10", "error 7:19", "error 7:22",
                "error 8:12", "error 9:14", "error 10:15", "warning 10:21", "error 11:6", "error 12:5",
            ], "\(found.joined(separator: "\n"))")
        #expect(found[4].hasSuffix("did you mean 'finished'?"))
        #expect(!found.contains { $0.contains("secret") })
    }

    @Test func `a webhook that others can read is noted, one on this machine is not`() {
        let yaml = sweep(
            "a: {value: 1}", more: "notify: [{webhook: \"http://h/\"}, {webhook: \"http://127.0.0.1:1/\"}]\n")
        #expect(problems(yaml).count == 1)
        #expect(SpecParser.parse(yaml).spec?.notify?.targets.count == 2)
    }

    @Test func `more targets than anybody has are refused`() {
        let many = Array(repeating: "{webhook: \"https://h/\"}", count: 17).joined(separator: ", ")
        #expect(problems(sweep("a: {value: 1}", more: "notify: [\(many)]\n")).count == 1)
    }

    @Test func `a label tells targets apart without what is secret of them`() {
        #expect(NotifyTarget(.webhook("https://h:8443/secret", .json)).label == "webhook h:8443/…")
        #expect(NotifyTarget(.webhook("${envvar:HOOK}", .slack)).label == "slack webhook ${envvar:HOOK}")
        #expect(NotifyTarget(.command(["mail", "me"])).label == "command mail")
    }
}
