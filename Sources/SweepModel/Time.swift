/// A point on the monotonic clock of one process, in nanoseconds. Leases and deadlines use nothing else; it says
/// nothing outside its process.
package struct Instant: Hashable, Sendable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    package static func + (instant: Instant, seconds: Double) -> Instant {
        let sum = Double(instant.nanoseconds) + seconds * 1e9
        return Instant(nanoseconds: sum >= 9.2e18 ? .max : Int64(sum))
    }

    /// Seconds from `earlier` to this instant.
    package func seconds(since earlier: Instant) -> Double { Double(nanoseconds - earlier.nanoseconds) / 1e9 }
}

/// Wall-clock time in milliseconds since 1970-01-01 UTC: for people and records, never for a decision.
package struct Timestamp: Hashable, Sendable, Comparable, Codable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// Seconds from `earlier` to this time.
    package func seconds(since earlier: Timestamp) -> Double { Double(milliseconds - earlier.milliseconds) / 1000 }
}

/// Both clocks, read together at the edge and passed in: below the services nothing reads a clock.
package struct Now: Hashable, Sendable {
    package var instant: Instant
    package var wall: Timestamp

    package init(instant: Instant, wall: Timestamp) {
        self.instant = instant
        self.wall = wall
    }
}

extension Timestamp {
    /// ISO 8601 in UTC with milliseconds: `2026-11-23T14:35:46.123Z`. Years outside 0...9999 are held at the ends.
    package var iso: String {
        let limited = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
        let days = Int((limited >= 0 ? limited : limited - 86_399_999) / 86_400_000)
        let rest = Int(limited) - days * 86_400_000
        let (year, month, day) = Self.civil(days: days)
        let years = String(year)
        return String(repeating: "0", count: 4 - years.count) + years
            + "-\(Self.twoDigits(month))-\(Self.twoDigits(day))T\(Self.twoDigits(rest / 3_600_000)):\(Self.twoDigits(rest / 60_000 % 60))"
            + ":\(Self.twoDigits(rest / 1000 % 60)).\(rest % 1000 / 100)\(Self.twoDigits(rest % 100))Z"
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
