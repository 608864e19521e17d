import SweepModel
import SweepRecord
import Synchronization

/// What trials have logged through MLflow and the agent has not taken yet. Filled by the server's thread before a call is
/// answered, so that all that a trial logged is here when it has ended.
package final class MLflowInbox: Sendable {
    /// Of one attempt. A trial that logs faster than its agent takes loses the rest.
    static let maximumReadings = 200_000

    struct Content {
        var readings: [MetricReading] = []
        var details: [RunDetail] = []
    }

    private let contents = Mutex<[AttemptID: Content]>([:])

    package init() {}

    /// Attempts that run here: what others say is dropped.
    func open(_ attempt: AttemptID) { contents.withLock { if $0[attempt] == nil { $0[attempt] = Content() } } }
    func close(_ attempt: AttemptID) { contents.withLock { _ = $0.removeValue(forKey: attempt) } }

    func put(_ attempt: AttemptID, _ readings: [MetricReading], _ details: [RunDetail] = []) {
        contents.withLock { contents in
            guard let count = contents[attempt]?.readings.count else { return }
            contents[attempt]?.readings += readings.prefix(max(0, Self.maximumReadings - count))
            contents[attempt]?.details += details.prefix(1000)
        }
    }

    func take(_ attempt: AttemptID) -> Content {
        contents.withLock { contents in
            guard let content = contents[attempt], !content.readings.isEmpty || !content.details.isEmpty else {
                return Content()
            }
            contents[attempt] = Content()
            return content
        }
    }
}
