import Glibc

/// This machine's clocks, in nanoseconds. Here for the same reason as `FileFacts`: `struct timespec` has many owners.
package enum MachineClock {
    package static var monotonic: Int64 { read(CLOCK_MONOTONIC) }
    /// Since 1970-01-01 UTC.
    package static var wall: Int64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
