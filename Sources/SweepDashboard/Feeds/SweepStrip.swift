import SweepModel

/// The status strip: is it worth going on?
struct SweepStrip: Sendable {
    var best: Double?
    var bestTrial: Int?
    /// When the best trial ended.
    var bestAt: Timestamp?
    /// Trials that ended after it without being better.
    var endedSince = 0
    var finished = 0
    var live = 0
    /// Mean time of a completed trial, in seconds.
    var meanSeconds: Double?
    /// Seconds until the last expected trial has ended, at the pace of what runs now.
    var eta: Double?
    /// Since the first trial's start until the last end, in milliseconds of the wall clock.
    var firstStart: Timestamp?
    var lastEnd: Timestamp?

    init(_ columns: TrialColumns, facts: SweepFacts?) {
        let goal = facts?.objective?.goal ?? .minimize
        var completed = 0
        var seconds = 0.0
        for index in columns.numbers.indices {
            let state = columns.states[index]
            if state.isLive { live += 1 }
            if let started = columns.started[index] { firstStart = min(firstStart ?? started, started) }
            guard state.isFinal else { continue }
            finished += 1
            if let ended = columns.ended[index] { lastEnd = max(lastEnd ?? ended, ended) }
            if state == .completed || state == .pruned, let started = columns.started[index],
                let ended = columns.ended[index]
            {
                completed += 1
                seconds += max(0, ended.seconds(since: started))
            }
            guard state == .completed || state == .pruned, let value = columns.objectives[index], value.isFinite
            else { continue }
            if best.map({ goal.prefers(value, to: $0) }) ?? true {
                (best, bestTrial, bestAt) = (value, columns.numbers[index], columns.ended[index])
            }
        }
        if let bestAt {
            endedSince = columns.ended.indices.count {
                columns.states[$0].isFinal && columns.ended[$0].map { $0 > bestAt } ?? false
            }
        }
        meanSeconds = completed > 0 ? seconds / Double(completed) : nil
        if let expected = facts?.expected, let meanSeconds, live > 0, expected >= finished {
            eta = Double(expected - finished) / Double(live) * meanSeconds
        }
    }

    func write(into json: inout JSONBytes) {
        json.member("best", best)
        json.member("bestTrial", bestTrial)
        json.member("bestAt", bestAt)
        json.member("endedSince", endedSince)
        json.member("finished", finished)
        json.member("live", live)
        json.member("meanSeconds", meanSeconds)
        json.member("eta", eta)
        json.member("firstStart", firstStart)
        json.member("lastEnd", lastEnd)
    }
}
