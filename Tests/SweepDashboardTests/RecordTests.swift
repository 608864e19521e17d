import HTTPTypes
import SweepModel
import Synchronization
import Testing

@testable import SweepDashboard

@Suite struct RecordTests {
    private static let base = "/api/v1/sweeps/bcdfghjk/trials/1"

    private func details(_ lines: [RunDetail]) throws -> [UInt8] {
        try lines.flatMap { try JSONCoding.encode($0) + [0x0A] }
    }

    @Test func `a trial's record is listed, read in part, and saved as text that no page runs`() async throws {
        let desk = try TestDesk(trials: 1)
        desk.backend.record.withLock { $0 = ["diff.patch": Array("+<script>\n-x\n".utf8), "overview.json": [0x7B]] }
        let list = try await desk.ask(Self.base + "/files").json
        #expect(list["files"] == [["name": "diff.patch", "size": 13], ["name": "overview.json", "size": 1]])
        let file = try await desk.ask(Self.base + "/files/diff.patch")
        #expect(file.text == "+<script>\n-x\n")
        #expect(file.headers[.contentType] == "text/plain; charset=utf-8")
        #expect(file.headers[.contentDisposition]?.hasPrefix("attachment") == true)
        #expect(try await desk.ask(Self.base + "/files/diff.patch?limit=4").text == "+<sc")
        for (path, status) in [
            ("/files/nothing", 404), ("/files/..%2Foutput.log", 404), ("/files?attempt=2", 400),
            ("/files/diff.patch?limit=0", 400),
        ] { #expect(try await desk.ask(Self.base + path).status == status, "\(path)") }
    }

    @Test func `why a trial was tried and stopped is told in words`() async throws {
        let desk = try TestDesk(trials: 2)
        let why = try await desk.ask(Self.base + "/why").json
        #expect(
            why["facts"] == [["name": "chosen by", "text": "a <b>die</b>"], ["name": "", "text": "thrown twice"]])
        #expect(why["compared"] == [1, 2])
    }

    @Test func `histograms of all steps stand on the same bins`() async throws {
        let desk = try TestDesk(trials: 1)
        let lines = try details([
            RunDetail(name: "b", kind: "text", json: #""histogram""#),
            RunDetail(name: "w", kind: "histogram", step: 3, json: #"{"bins":[0,1,2],"values":[1,3]}"#),
            RunDetail(
                name: "w", kind: "histogram", step: 9,
                json: #"{"packedBins":{"min":2,"size":1,"count":2},"values":[0,5]}"#),
            RunDetail(name: "w", kind: "histogram", step: 10, json: #"{"bins":[0,NaN],"values":[1]}"#),
            RunDetail(name: "Other", kind: "histogram", json: #"{"bins":[7,7],"values":[2]}"#),
        ])
        desk.backend.record.withLock { $0 = ["details.jsonl": Array("{half\n".utf8) + lines + [0x7B]] }
        let answer = try await desk.ask(Self.base + "/histograms").json
        #expect(answer["names"] == [["name": "w", "count": 3], ["name": "Other", "count": 1]])
        guard case .list(let histograms)? = answer["histograms"], let first = histograms.first,
            case .list(let shares)? = first["shares"], case .list(let row)? = shares.first
        else {
            Issue.record("no histograms")
            return
        }
        #expect(first["steps"] == [3, 9])
        #expect(first["low"] == 0)
        #expect(first["high"] == 4)
        // 40 bins from 0 to 4: a quarter of the first lies below 1, three quarters from 1 to 2.
        let numbers = row.compactMap(\.number)
        #expect(numbers.count == HistogramSet.bins)
        #expect(abs(numbers[..<10].reduce(0, +) - 0.25) < 1e-9)
        #expect(abs(numbers[10..<20].reduce(0, +) - 0.75) < 1e-9)
        #expect(histograms.count == 2)
        let found = try await desk.ask(Self.base + "/histograms?find=oth").json
        #expect(found["names"] == [["name": "Other", "count": 1]])
        let few = try await desk.ask(Self.base + "/histograms?most=1").json
        guard case .list(let one)? = few["histograms"] else { return }
        #expect(one.count == 1)
    }

    @Test func `of many steps an even part is kept, and a line that never ends is dropped`() throws {
        var set = HistogramSet(most: 1)
        let json = #"{"bins":[0,1],"values":[1]}"#
        for step in 0..<10_000 {
            let rest = set.take(try details([RunDetail(name: "w", kind: "histogram", step: step, json: json)]))
            #expect(rest.isEmpty)
        }
        #expect(set.take(Array(repeating: 0x20, count: 1 << 20)).isEmpty)
        #expect(set.take([0x20, 0x20]).count == 2)
        let bytes = JSONBytes.object { [set] in set.write(into: &$0) }
        guard case .list(let histograms)? = try JSONParser.parse(bytes)["histograms"],
            case .list(let steps)? = histograms.first?["steps"]
        else {
            Issue.record("no steps")
            return
        }
        #expect((HistogramSet.mostSteps / 2...HistogramSet.mostSteps).contains(steps.count))
        let numbers = steps.compactMap(\.number)
        #expect(Set(zip(numbers, numbers.dropFirst()).map { $1 - $0 }).count == 1)
    }
}
