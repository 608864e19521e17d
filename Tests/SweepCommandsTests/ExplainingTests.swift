import SweepCommands
import SweepModel
import SweepWire
import Testing

/// What is said of why: `sweep explain`, and the Pareto front of several objectives.
@Suite struct ExplainingTests {
    private func lines(_ row: TrialRow, method: String = "bayes") -> [String] {
        let sweep = SweepRow(
            id: SweepID("abc23456"), state: .running, method: method, metric: "loss", goal: .minimize,
            created: Timestamp(milliseconds: 1))
        return Explanation(row, of: sweep).lines.map { $0.rendered(nil, Style(colours: false, unicode: true)) }
    }

    private func row(_ number: Int = 7, state: TrialState = .completed, objective: Double? = nil, step: Int? = nil)
        -> TrialRow
    {
        TrialRow(
            id: TrialID(SweepID("abc23456"), number), state: state, params: [.init("lr", 0.01)], objective: objective,
            step: step, point: number)
    }

    @Test func `a modelled point says what was predicted, and how near that was`() {
        var row = row(objective: 0.5, step: 9)
        row.suggestion = [
            "origin": "gaussian process", "mean": 0.41, "deviation": 0.06, "expectedImprovement": 0.0123,
            "learntFrom": 11,
        ]
        let text = lines(row)
        #expect(text.contains("chosen by  gaussian process"))
        #expect(text.contains("predicted  loss 0.41 ± 0.06, learnt from 11 trials"))
        #expect(text.contains("expected   0.0123 better than the best so far"))
        #expect(text.contains("result     loss 0.5 at step 9, 1.5 standard deviations above the prediction"), "\(text)")
    }

    @Test func `a stopped trial says at which rung, what it needed, and with whom it was compared`() {
        var row = row(state: .pruned, objective: 0.53, step: 9)
        row.stopping = [
            "rule": "asha", "rung": 9.0, "value": 0.53, "threshold": 0.41, "neighbours": [3, 5],
            "remark": "not among the best 3 of 9 trials at this rung",
        ]
        let text = lines(row, method: "random")
        #expect(text.contains("chosen by      random: drawn from the parameters' laws"))
        #expect(text.contains("stopped        stopped at step 9: loss 0.53, needed 0.41 or less (asha)"))
        #expect(text.contains("               not among the best 3 of 9 trials at this rung"))
        #expect(text.contains("compared with  abc23456-3, abc23456-5"), "\(text)")
    }

    @Test func `a paused trial is said to be paused wherever a person reads it`() {
        var row = row(state: .pruned, objective: 0.53, step: 9)
        row.stopping = [
            "rule": "asha", "rung": 9.0, "value": 0.53, "threshold": 0.41, "neighbours": [3], "isPause": true,
        ]
        row.reason = "paused at step 9: loss 0.53, needed 0.41 or less (asha)"
        #expect(row.stateText == "paused")
        let text = lines(row)
        #expect(
            text.contains("state          paused") && text.contains("paused         \(row.reason ?? "")"), "\(text)")
        let style = Style(colours: false, unicode: true)
        let details = TrialDetails.lines(row, [], metric: "loss", now: Timestamp(milliseconds: 2))
            .map { $0.rendered(nil, style) }
        #expect(details.contains("state  \(row.reason ?? "")"), "\(details)")
        let table = TrialTable(
            sweep: Fixtures.sweep(), standings: Leaderboard([row], goal: .minimize).standings, now: Fixtures.now)
        let shown = table.table(table.leaderboardColumns, style: style).render(width: nil, style: style).text
        #expect(shown.contains(" paused ") && !shown.contains("pruned"), "\(shown)")
        row.reason = "stopped at step 9: loss 0.53, needed 0.41 or less (asha)"
        #expect(row.stateText == "pruned")
    }

    @Test func `the front is what nothing else is better than in all objectives`() {
        let rows: [[Double?]] = [[1, 5], [2, 3], [2, 4], [4, 1], [1, 5], [3, nil], [0, .nan], [5, 5]]
        #expect(ParetoFront.members(of: rows, [.minimize, .minimize]) == [0, 1, 3, 4])
        #expect(ParetoFront.members(of: rows, [.minimize, .maximize]) == [0, 4])
        #expect(ParetoFront.members(of: [], [.minimize]).isEmpty)
    }

    @Test func `the leaderboard puts the front first`() {
        var rows = [row(1, objective: 2), row(2, objective: 1), row(3, objective: 3)]
        for (index, size) in [4.0, 5, 9].enumerated() { rows[index].further = [size] }
        rows[2].further = [1]
        var board = Leaderboard([rows[1], rows[0], rows[2], row(4, objective: 9)], goal: .minimize)
        board.rank(by: [Objective(metric: "loss"), Objective(metric: "size")])
        #expect(board.front == [1, 2, 3])
        #expect(board.standings.map(\.first.number) == [2, 1, 3, 4])
    }
}
