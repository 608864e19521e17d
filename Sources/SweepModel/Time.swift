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
