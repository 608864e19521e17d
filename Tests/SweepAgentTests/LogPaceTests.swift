import SweepModel
import Testing

@testable import SweepAgent

@Suite struct LogPaceTests {
    private let attempt = AttemptID(TrialID(SweepID("abcd2345"), 1), 1)

    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: 0) + seconds }

    @Test func `a slow connection has little on its way, a quick one much`() {
        var pace = LogPace()
        var now = 0.0
        for number in 1...20 {
            pace.sent(attempt, to: number, bytes: pace.allowed, now: at(now))
            #expect(!pace.hasRoom)
            now += 5
            pace.acknowledged(attempt, to: number, now: at(now))
            #expect(pace.inFlight == 0)
        }
        #expect(pace.allowed == LogPace.least)
        #expect(pace.piece == LogPace.least)
        for number in 21...40 {
            pace.sent(attempt, to: number, bytes: 1, now: at(now))
            pace.acknowledged(attempt, to: number, now: at(now + 0.01))
        }
        #expect(pace.allowed == LogPace.most)
        #expect(pace.piece == LogShipper.piece)
    }

    @Test func `a file's acknowledgement says nothing of the output`() {
        var pace = LogPace()
        pace.sent(attempt, to: 100, bytes: 100, now: at(0))
        pace.sent(attempt, file: "system.jsonl", to: 50, bytes: 50, now: at(0))
        pace.acknowledged(attempt, file: "system.jsonl", to: 1000, now: at(0.5))
        #expect(pace.inFlight == 100)
        pace.acknowledged(attempt, to: 100, now: at(0.5))
        #expect(pace.inFlight == 0)
    }

    @Test func `what is never acknowledged does not count for ever`() {
        var pace = LogPace()
        pace.sent(attempt, to: 10, bytes: 1 << 20, now: at(0))
        pace.expire(now: at(5))
        #expect(!pace.hasRoom)
        pace.expire(now: at(LogShipper.patience + 1))
        #expect(pace.hasRoom)
        pace.sent(attempt, to: 20, bytes: 1 << 20, now: at(20))
        pace.forget(attempt)
        #expect(pace.inFlight == 0)
        // An acknowledgement of what is forgotten changes nothing.
        pace.acknowledged(attempt, to: 20, now: at(21))
        #expect(pace.inFlight == 0)
    }
}
