import SweepModel

extension Timestamp {
    /// Seconds since 1970 as Python's `time.time()` gives them; nil for what cannot be a time (before 2000, after 2200).
    init?(unixSeconds seconds: Double) {
        guard seconds >= 946_684_800, seconds <= 7_258_118_400 else { return nil }
        self.init(milliseconds: Int64((seconds * 1000).rounded()))
    }
}
