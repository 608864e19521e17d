import Foundation
import Glibc
import SweepModel
import SweepWire
import Testing

@testable import SweepCommands

/// What others read of a sweep: the report, its charts, and what people wrote.
@Suite struct ReportTests {
    private static let hostile = "</td><script>alert(1)</script> | **loud** `tick`"

    private static let answer: @Sendable (ClientRequest) -> FakeController.Answer = { request in
        switch request {
        case .list, .show:
            var sweep = Fixtures.sweep(yaml: InsightCommandTests.yaml)
            sweep.failures = [hostile: 3]
            return .items([Fixtures.item(sweep)])
        case .trials:
            return .items(
                InsightCommandTests.rows().map { row in
                    var row = row
                    (row.agent, row.slot) = ("n1", "gpu \(row.number % 2)")
                    return Fixtures.item(row)
                })
        case .trial(let id):
            let row = InsightCommandTests.rows().first { $0.id == id }
            let attempt = AttemptRow(
                attempt: 1, agent: "n1", slot: "gpu 0", assigned: Fixtures.at(9), argv: ["python", "a b.py"],
                directory: "/work")
            return .items([row.map { Fixtures.item($0) }, Fixtures.item(attempt)].compactMap { $0 })
        case .recordFile: return .failed(SweepError(.notFound, "no such file"))
        case .remarks:
            return .items([
                Fixtures.item(
                    RemarkRow(sweep: Fixtures.sweepID, remark: Remark(note: "the *first* try", tags: ["mnist"]))),
                Fixtures.item(RemarkRow(sweep: Fixtures.sweepID, trial: 11, remark: Remark(note: hostile, star: true))),
            ])
        case .remark(_, let trial, let change):
            let remark = try? Remark(note: "old", tags: ["a"]).changed(by: change)
            return .items([
                Fixtures.item(RemarkRow(sweep: Fixtures.sweepID, trial: trial, remark: remark ?? Remark()))
            ])
        case .reports(let id, _):
            return .items(
                (1...4).map { step in
                    Fixtures.item(
                        Report(
                            step: step, time: Fixtures.at(Double(step)),
                            metrics: ["val_loss": Double(id.number) / Double(step)]))
                })
        default: return InsightCommandTests.answer()(request)
        }
    }

    @Test func `the markdown report has the best trials, notes, failures, what matters and how to repeat it`()
        async throws
    {
        let text = try await ask(["report"], answering: Self.answer).ran.output
        #expect(text.contains("## Best trials"))
        #expect(text.contains("> the \\*first\\* try"))
        #expect(text.contains("11 ★"))
        #expect(text.contains("## What matters"))
        #expect(text.contains("3 × \\</td\\>\\<script\\>"))
        #expect(text.contains("```yaml\nmethod: bayes"))
        #expect(!text.contains("<script>"))
        // A bar of a run's text is no new column: all lines of the table have as many.
        let lines = text.split(separator: "\n").drop { !$0.hasPrefix("| \\# |") }.prefix { $0.hasPrefix("|") }
        let bars = lines.map { $0.replacing("\\|", with: "").count { $0 == "|" } }
        #expect(lines.count == 12)
        #expect(Set(bars).count == 1)
    }

    @Test func `the HTML report is one file with its charts, without scripts, and nothing of a run is markup`()
        async throws
    {
        let path = NSTemporaryDirectory() + "sweep-report-\(UUID().uuidString).html"
        defer { unlink(path) }
        let ran = try await ask(["report", "-o", path], answering: Self.answer).ran
        #expect(ran.code == 0, "\(ran.talk)")
        var text = try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(text.hasPrefix("<!doctype html>"))
        // The charts, out of their pictures and into the text, which is looked at as a whole.
        let parts = text.components(separatedBy: "src=\"data:image/svg+xml;base64,")
        #expect(parts.count >= 5)
        text =
            try parts[0]
            + parts.dropFirst().map { part in
                let data = try #require(Data(base64Encoded: String(part.prefix { $0 != "\"" })))
                return "\">" + String(decoding: data, as: UTF8.self) + part.drop { $0 != ">" }.dropFirst()
            }.joined()
        #expect(!text.contains("<script"))
        #expect(!text.contains("src=") && !text.contains("@import") && !text.contains("url("))
        #expect(text.contains("alt=\"History: showing "))
        #expect(text.contains("&lt;script&gt;alert(1)"))
        for title in [
            "History", "What matters", "Learning curves", "Parameters together", "Failures", "Cost", "Reproduce",
        ] {
            #expect(text.contains("<h2>\(title)</h2>"), "\(title)")
        }
        // Every element that opens closes.
        for name in ["table", "tr", "td", "th", "svg", "figure", "g", "text", "dl", "details", "pre"] {
            let opened =
                text.components(separatedBy: "<\(name) ").count + text.components(separatedBy: "<\(name)>").count
            #expect(opened - 1 == text.components(separatedBy: "</\(name)>").count, "\(name)")
        }
        #expect(!text.contains("nan") && !text.contains("inf\""))
    }

    @Test func `an output of another kind is refused`() async throws {
        let ran = try await ask(["report", "-o", "report.pdf"], answering: Self.answer).ran
        #expect(ran.code == 64)
        #expect(ran.talk.contains(".html or .md"))
    }

    @Test(arguments: ["history", "importance", "curves", "parallel", "slice", "edf", "slots"])
    func `every chart is drawn in a terminal and as SVG`(kind: String) async throws {
        let drawn = try await ask(["plot", kind], answering: Self.answer).ran
        #expect(drawn.code == 0, "\(drawn.talk)")
        #expect(drawn.output.split(separator: "\n").count >= 3)
        #expect(drawn.output.unicodeScalars.contains { (0x2580...0x259F).contains($0.value) }, "\(drawn.output)")
        #expect(drawn.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
        let svg = try await ask(["plot", kind, "-o", "-"], answering: Self.answer).ran.output
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("class=\"") && !svg.contains("nan"))
    }

    @Test func `a slice of a parameter that is none names one that is`() async throws {
        let ran = try await ask(["plot", "slice", "--param", "layer"], answering: Self.answer).ran
        #expect(ran.code == 64)
        #expect(ran.talk.contains("did you mean 'layers'?"))
    }

    @Test func `notes, tags and stars are asked for as they are meant`() async throws {
        func change(_ arguments: [String]) async throws -> RemarkChange? {
            for case .remark(_, _, let change) in try await ask(arguments, answering: Self.answer).requests {
                return change
            }
            return nil
        }
        #expect(try await change(["note", "k3f9x2mp-3", "x"]) == RemarkChange(note: "x"))
        #expect(try await change(["tag", "k3f9x2mp", "b", "c"]) == RemarkChange(addedTags: ["b", "c"]))
        #expect(try await change(["tag", "k3f9x2mp", "a", "--remove"]) == RemarkChange(removedTags: ["a"]))
        #expect(try await change(["star", "k3f9x2mp-3", "--remove"]) == RemarkChange(star: false))
        #expect(try await ask(["note", "k3f9x2mp"], answering: Self.answer).ran.output == "the *first* try\n")
        #expect(try await ask(["tag", "k3f9x2mp"], answering: Self.answer).ran.output == "mnist\n")
    }

    @Test(arguments: [
        ("git@github.com:a/b.git", "https://github.com/a/b/commit/0123456789"),
        ("https://gitlab.com/a/b", "https://gitlab.com/a/b/-/commit/0123456789"), ("/srv/git/b", nil),
        ("https://user:secret@github.com/a/b", nil), ("javascript:alert(1)", nil),
    ])
    func `a commit is linked where its host is known, and no secret is shown`(remote: String, link: String?) {
        #expect(SweepReport.Code(commit: "0123456789", remote: remote, isChanged: false).link == link)
        #expect(SweepReport.Code(commit: "rm -rf", remote: remote, isChanged: false).link == nil)
    }

    @Test func `ticks are round and inside the axis, on both scales`() {
        #expect(ChartAxis("", over: [0, 10], padding: 0).ticks(5).map(\.text) == ["0", "2", "4", "6", "8", "10"])
        #expect(ChartAxis("", over: [1e-5, 0.1], isLog: true, padding: 0).ticks(5).map(\.text).count >= 4)
        for values in [[], [3, 3], [.nan], [-1e300, 1e300], [.leastNonzeroMagnitude, 1e-300], [0]] as [[Double]] {
            for isLog in [false, true] {
                let axis = ChartAxis("", over: values, isLog: isLog)
                #expect(axis.ticks(6).count < 70)
                #expect(axis.place(values.first ?? 0).map(\.isFinite) ?? true)
            }
        }
    }
}
