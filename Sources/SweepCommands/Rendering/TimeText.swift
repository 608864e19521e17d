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

    /// ISO 8601 in UTC with milliseconds: `2026-11-23T14:35:46.123Z`. Years outside 0...9999 are held at the ends.
    package static func iso(_ time: Timestamp) -> String {
        let limited = min(max(time.milliseconds, -62_167_219_200_000), 253_402_300_799_999)
        let days = Int((limited >= 0 ? limited : limited - 86_399_999) / 86_400_000)
        let rest = Int(limited) - days * 86_400_000
        let (year, month, day) = civil(days: days)
        let years = String(year)
        return String(repeating: "0", count: 4 - years.count) + years
            + "-\(twoDigits(month))-\(twoDigits(day))T\(twoDigits(rest / 3_600_000)):\(twoDigits(rest / 60_000 % 60))"
            + ":\(twoDigits(rest / 1000 % 60)).\(rest % 1000 / 100)\(twoDigits(rest % 100))Z"
    }

    /// Year, month and day of the proleptic Gregorian calendar from days since 1970-01-01: H. Hinnant, "chrono-Compatible
    /// Low-Level Date Algorithms", `civil_from_days`.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}

extension Timestamp {
    /// The wall clock: read by commands only, where they show ages.
    package static func wallClock() -> Timestamp { Timestamp(milliseconds: MachineClock.wall / 1_000_000) }
}
