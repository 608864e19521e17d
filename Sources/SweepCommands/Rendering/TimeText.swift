import Glibc
package import SweepModel
import SweepWire

/// Times and durations as text.
package enum TimeText {
    /// `0.4s`, `12s`, `4m05`, `3h12`, `2d04h`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e10 else { return seconds < 0 ? "0s" : "?" }
        if seconds < 9.95 { return "\(ValueText.tenths(seconds))s" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m\(twoDigits(whole % 60))"
        case ..<86400: return "\(whole / 3600)h\(twoDigits(whole / 60 % 60))"
        default: return "\(whole / 86400)d\(twoDigits(whole / 3600 % 24))h"
        }
    }

    /// `4m05 ago`.
    package static func ago(_ time: Timestamp, now: Timestamp) -> String {
        let seconds = now.seconds(since: time)
        return seconds < 1 ? "just now" : "\(duration(seconds)) ago"
    }

    package static func iso(_ time: Timestamp) -> String { time.iso }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}

extension Timestamp {
    /// The wall clock: read by commands only, where they show ages.
    package static func wallClock() -> Timestamp { Timestamp(milliseconds: MachineClock.wall / 1_000_000) }
}
