import HTTPTypes
import SweepModel
import Testing

@testable import SweepDashboard
@testable import SweepStore

@Suite struct PagesTests {
    @Test func `all pages together are small`() {
        #expect(Pages.size > 50_000)
        #expect(Pages.size <= 150_000)
    }

    @Test func `no file names another host, writes markup or holds anything inline`() {
        for (name, bytes) in PageFiles.all {
            let text = String(decoding: bytes, as: UTF8.self)
            let links = text.replacing("http://www.w3.org/2000/svg", with: "")
            #expect(!links.contains("http://") && !links.contains("https://"), "\(name)")
            for forbidden in [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "onclick=\"",
                "style=\"",
            ] {
                #expect(!text.contains(forbidden), "\(name): \(forbidden)")
            }
        }
    }

    @Test func `every module that a module names is there`() {
        for (name, bytes) in PageFiles.all {
            for part in String(decoding: bytes, as: UTF8.self).split(separator: "/static/").dropFirst() {
                let file = part.prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" }
                guard file.contains(".") else { continue }
                #expect(PageFiles.all[String(file)] != nil, "\(name) names \(file)")
            }
        }
    }

    @Test func `every address of a view gives the page`() async throws {
        let desk = try TestDesk()
        for path in ["/", "/sweeps/abc", "/sweeps/abc/trials/3", "/sweeps/abc/compare?trials=1,2", "/agents"] {
            let answer = try await desk.ask(path, headers: [:])
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
        }
        #expect(
            try await desk.ask("/static/app.js", headers: [:]).headers[.contentType] == "text/javascript; charset=utf-8"
        )
    }

    @Test(arguments: [1, 5, 50, 700])
    func `a thinned history keeps the extremes of each column and every best`(width: Int) throws {
        var columns = TrialColumns()
        var generator = SystemRandomNumberGenerator()
        var values: [Double] = []
        for number in 1...2000 {
            let value = Double.random(in: 0...1, using: &generator)
            values.append(value)
            columns.set(
                TrialSnapshot(
                    record: TrialRecord(
                        id: TrialID(TestDesk.sweep, number), point: number, parameters: [], created: TestDesk.time(0)),
                    progress: TrialProgress(
                        id: TrialID(TestDesk.sweep, number), state: .completed, objective: value), agentName: nil,
                    slot: nil, exit: nil, peakMemory: nil))
        }
        let history = SweepHistory(columns, goal: .minimize, width: width)
        #expect(history.indices.count <= 2 * (width + 1))
        let kept = history.indices.map { values[$0] }
        #expect(kept.min() == values.min())
        #expect(kept.max() == values.max())
        var best = Double.infinity
        let bests = values.indices.filter { index in
            defer { best = min(best, values[index]) }
            return values[index] < best
        }
        #expect(history.bests == bests)
    }
}
