import Glibc
import SweepModel

/// Both clocks of this machine. Only the edge reads them.
enum SystemClock {
    static func now() -> Now {
        Now(
            instant: Instant(nanoseconds: nanoseconds(CLOCK_MONOTONIC)),
            wall: Timestamp(milliseconds: nanoseconds(CLOCK_REALTIME) / 1_000_000))
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
