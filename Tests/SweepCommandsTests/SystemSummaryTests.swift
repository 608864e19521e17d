import SweepModel
import Testing

@testable import SweepCommands

@Suite struct SystemSummaryTests {
    private static let lines =
        #"{"time":2000,"system.cpu":10,"system.network.recv":100,"system.gpu.0.gpu":90}"# + "\n"
        + #"{"time":4000,"system.cpu":30,"system.network.recv":2048,"system.gpu.0.gpu":NaN}"# + "\n"
        + #"{"time":14000,"system.cpu":60.5,"system.network.recv":4096}"# + "\n"

    private func summary(_ text: String, piece: Int = .max) -> SystemSummary {
        var summary = SystemSummary()
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            summary.add(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        return summary
    }

    private func shown(_ summary: SystemSummary) -> [String] {
        summary.lines.map { line in line.pieces.map(\.text).joined() }
    }

    @Test func `A line counts by the time since the one before it`() throws {
        let cpu = try #require(summary(Self.lines).metrics.first { $0.name == "system.cpu" })
        #expect(cpu.least == 10)
        #expect(cpu.most == 60.5)
        #expect(cpu.last == 60.5)
        // 2 s, 2 s and 10 s.
        #expect(abs(cpu.mean - (10 * 2 + 30 * 2 + 60.5 * 10) / 14) < 1e-9)
    }

    @Test(arguments: [1, 7, 64]) func `It does not matter in which pieces the file comes`(piece: Int) {
        #expect(summary(Self.lines, piece: piece).metrics == summary(Self.lines).metrics)
    }

    @Test func `People see a range with its unit, and of what only grows the whole`() {
        #expect(
            shown(summary(Self.lines)) == [
                "system", "  cpu           mean 48.93 %, 10 to 60.5", "  gpu.0.gpu     90 %",
                "  network.recv  4.0 KiB in all",
            ])
    }

    @Test func `Programs get every number, and totals only as they are at last`() {
        #expect(
            summary(#"{"time":1,"system.disk.in":3,"system.cpu":5}"# + "\n").document.json()
                == #"{"system.cpu":{"min":5.0,"mean":5.0,"max":5.0,"last":5.0},"system.disk.in":{"last":3.0}}"#)
    }

    @Test func `What is no line of an agent's is left out`() {
        let hostile =
            "not json\n[1]\n{\"system.cpu\":5}\n{\"time\":\"x\",\"system.cpu\":5}\n"
            + "{\"time\":1,\"" + String(repeating: "x", count: SystemSummary.longestLine) + "\":1,\"system.cpu\":7}\n"
            + "{\"time\":1,\"other\":3,\"system.cpu\":\"text\"}\n{\"time\":1,\"system.cpu\":4"
        #expect(summary(hostile).isEmpty)
        #expect(shown(summary(hostile)) == [])
        #expect(summary(hostile + "}\n").metrics.map(\.last) == [4])
    }

    @Test func `A clock that was set back changes nothing much`() throws {
        let text = #"{"time":90000,"system.cpu":1}"# + "\n" + #"{"time":1000,"system.cpu":3}"# + "\n"
        let cpu = try #require(summary(text).metrics.first)
        #expect(cpu.mean > 1 && cpu.mean < 1.2)
    }

    @Test func `A machine with very many metrics is shown in part, and its names are bounded`() {
        let members = (0..<2000).map { "\"system.m\($0)\":1" }.joined(separator: ",")
        let many = summary("{\"time\":1,\(members)}\n")
        #expect(many.metrics.count == SystemSummary.mostMetrics)
        #expect(many.lines.count == SystemSummary.mostLines + 2)
    }
}
