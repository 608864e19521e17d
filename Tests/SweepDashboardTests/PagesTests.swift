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

    private func columns(_ trials: [(parameters: Parameters, objective: Double?)]) -> SweepDashboard.TrialColumns {
        var columns = SweepDashboard.TrialColumns()
        for (index, trial) in trials.enumerated() {
            let id = TrialID(TestDesk.sweep, index + 1)
            columns.set(
                TrialSnapshot(
                    record: TrialRecord(
                        id: id, point: index + 1, parameters: trial.parameters, created: TestDesk.time(0)),
                    progress: TrialProgress(id: id, state: .completed, objective: trial.objective), agentName: nil,
                    slot: nil, exit: nil, peakMemory: nil))
        }
        return columns
    }

    @Test func `axes reach over what was tried, and a category has every value that occurs`() throws {
        let columns = columns([
            ([.init("lr", 0.5), .init("batch", 64), .init("kind", "b"), .init("extra", true)], 1),
            ([.init("lr", 0.0625), .init("batch", 16), .init("kind", "a")], 2),
        ])
        let facts = SweepFacts(
            method: "random",
            axes: [
                SweepAxis(name: "lr", scale: .log, low: 0.125, high: 0.25),
                SweepAxis(name: "batch", scale: .category, values: [32, 64]),
                SweepAxis(name: "kind", scale: .category, values: ["b", "c"]),
                SweepAxis(name: "fixed", scale: .category, values: [1], isConstant: true),
            ])
        let axes = columns.axes(of: facts)
        #expect(axes.map(\.name) == ["lr", "batch", "kind", "fixed", "extra"])
        #expect(axes[0].low == 0.0625 && axes[0].high == 0.5 && axes[0].scale == .log)
        #expect(axes[1].values == [16, 32, 64])
        #expect(axes[2].values == ["b", "c", "a"])
        #expect(axes[3].isConstant)
        #expect(axes[4].scale == .category && axes[4].values == [true])
    }

    @Test func `a rank correlation is one for any rising function, and none for few trials or for words`() throws {
        let trials = (1...9).map { n -> (parameters: Parameters, objective: Double?) in
            let x = Double(n)
            return (
                [.init("up", .double(x)), .init("down", .double(-x * x)), .init("word", "w"), .init("same", 1)],
                x * x * x
            )
        }
        let all = columns(trials)
        #expect(all.rankCorrelation(of: "up") == 1)
        #expect(all.rankCorrelation(of: "down") == -1)
        #expect(all.rankCorrelation(of: "word") == nil)
        #expect(all.rankCorrelation(of: "same") == nil)
        #expect(all.rankCorrelation(of: "nothing") == nil)
        #expect(columns(Array(trials.prefix(7))).rankCorrelation(of: "up") == nil)
        // 1 2 2 4 against 1 2 3 4, twice: ties share the mean of their places.
        let tied = columns([1, 2, 2, 4, 1, 2, 2, 4].enumerated().map { ([.init("x", .double($1))], Double($0 % 4)) })
        #expect(abs((tied.rankCorrelation(of: "x") ?? 0) - 0.9486832980505138) < 1e-12)
    }
}
