import FoundationEssentials
import SweepModel
import SweepStore
import SweepWire

/// Answers that go on while something happens.
extension RequestDesk {
    /// How long the last words of an ended attempt may lag behind its end, in seconds.
    static let logLag = 1.0

    /// One `SweepRow`, then each trial that changes as it is by then, until the sweep is over and nothing of it runs.
    func watch(_ id: SweepID, _ answer: Answer) async throws {
        let subscription = parts.hub.subscribe(id)
        defer { parts.hub.unsubscribe(subscription) }
        var row = try await row(id)
        try await answer.send(SweepEvent(sweep: row))
        if Self.isOver(row) { return }
        for await _ in subscription.wakes {
            guard try await tell(subscription, answer) else { continue }
            row = try await self.row(id)
            if Self.isOver(row) {
                // The store may be ahead of what we were told: the last trials' ends are told before the sweep's.
                await parts.hub.settled()
                _ = try await tell(subscription, answer)
                row = try await self.row(id)
            }
            try await answer.send(SweepEvent(sweep: row))
            if Self.isOver(row) { return }
        }
        try Task.checkCancellation()
    }

    /// Sends the trials that changed, as they are now.
    ///
    /// - Returns: whether anything of the sweep changed.
    private func tell(_ subscription: Subscription, _ answer: Answer) async throws -> Bool {
        let dirty = subscription.take()
        let numbers = dirty.trials.sorted()
        for start in stride(from: 0, to: numbers.count, by: Self.page) {
            let page = Array(numbers[start..<min(numbers.count, start + Self.page)])
            try await answer.inTurn {
                try await answer.send(rows(of: subscription.sweep, page).map { SweepEvent(trial: $0) })
            }
        }
        return dirty.sweep
    }

    private static func isOver(_ row: SweepRow) -> Bool {
        switch row.state {
        case .running, .paused: false
        case .finished, .stopped, .cancelled:
            [TrialState.assigned, .running].allSatisfy { row.counts[$0.rawValue] ?? 0 == 0 }
        }
    }

    func logs(
        _ id: TrialID, attempt number: Int?, follow: Bool, tail: Int?, apart: Bool, _ answer: Answer
    ) async throws {
        guard follow else {
            let attempt = try await attempt(id, number)
            var reader = LogReader(attempt: attempt, home: parts.configuration.home, apart: apart)
            if let tail { reader.seek(tail: tail) }
            _ = try await drain(reader, answer)
            return
        }
        try await followLogs(id, attempt: number, tail: tail, apart: apart, answer)
    }

    /// A file of the newest attempt's record (or that of attempt `number`); nothing where it has none.
    func recordFile(_ id: TrialID, _ number: Int?, _ name: String, _ answer: Answer) async throws {
        guard RecordFileName.all.contains(name) else {
            throw SweepError(
                .usage, "no record has a file '\(name.prefix(80))'",
                remedy: "there are \(RecordFileName.all.joined(separator: ", "))")
        }
        let attempt = try await attempt(id, number)
        let isShelved = try await answer.inTurn {
            let shelved = try await blocking { [intake = parts.intake] () throws(SweepError) in
                try intake.shelved(attempt, name)
            }
            guard let shelved else { return false }
            let text = String(validating: shelved, as: UTF8.self)
            let base64 = text == nil ? Data(shelved).base64EncodedString() : nil
            try await answer.send(LogPiece(attempt: attempt.number, text: text, base64: base64))
            return true
        }
        guard !isShelved else { return }
        _ = try await drain(LogReader(attempt: attempt, home: parts.configuration.home, file: name), answer)
    }

    /// The newest attempt's log (or that of attempt `number`) as it grows, and of each attempt after it, until the trial
    /// (or that attempt) has ended.
    private func followLogs(
        _ id: TrialID, attempt number: Int?, tail: Int?, apart: Bool, _ answer: Answer
    ) async throws {
        let subscription = parts.hub.subscribe(id.sweep)
        defer { parts.hub.unsubscribe(subscription) }
        if let number { _ = try await attempt(id, number) }
        var reader: LogReader?
        var current = 0
        subscription.wake()
        for await _ in subscription.wakes {
            _ = subscription.take()
            let (progress, attempts) = try await blocking { [store = parts.store] () throws(SweepError) in
                guard let snapshot = try store.trial(id) else { throw Self.noTrial(id) }
                return (snapshot.progress, try store.attempts(id))
            }
            while true {
                if reader == nil, let next = number ?? Self.next(after: current, progress.attempt) {
                    var fresh = LogReader(
                        attempt: AttemptID(id, next), home: parts.configuration.home, apart: apart)
                    if let tail, current == 0 { fresh.seek(tail: tail) }
                    reader = fresh
                    current = next
                }
                guard let open = reader else { break }
                let attempt = AttemptID(id, current)
                let isOver = attempts.first { $0.id == attempt }?.outcome != nil
                reader = try await drain(
                    open.again(home: parts.configuration.home, attempt), isGrowing: true, answer)
                guard isOver else { break }
                reader = try await drainLag(reader ?? open, of: attempt, subscription, answer)
                if number != nil { return }
                reader = nil
                if current >= progress.attempt { break }
            }
            if reader == nil, progress.state.isFinal, current >= progress.attempt { return }
        }
        try Task.checkCancellation()
    }

    /// The attempt to show after `current`: at the beginning the newest, then one after the other.
    private static func next(after current: Int, _ newest: Int) -> Int? {
        guard newest > current else { return nil }
        return current == 0 ? newest : current + 1
    }

    /// Sends what is there.
    private func drain(_ reader: LogReader, isGrowing: Bool = false, _ answer: Answer) async throws -> LogReader {
        var reader = reader
        while true {
            let (next, isEnd) = try await answer.inTurn {
                let (next, piece) = try await blocking { [reader] () throws(SweepError) in
                    var reader = reader
                    let piece = reader.next(isGrowing: isGrowing)
                    return (reader, piece)
                }
                if let piece { try await answer.send(piece) }
                return (next, piece == nil)
            }
            reader = next
            if isEnd { return reader }
        }
    }

    /// An agent's last log chunks may come after its `ended`: waits until nothing has come for a while.
    private func drainLag(
        _ reader: LogReader, of attempt: AttemptID, _ subscription: Subscription, _ answer: Answer
    ) async throws -> LogReader {
        var reader = reader
        while true {
            try await Task.sleep(for: .seconds(Self.logLag))
            let before = reader.offset
            reader = try await drain(reader.again(home: parts.configuration.home, attempt), answer)
            if reader.offset == before { return reader }
        }
    }
}
