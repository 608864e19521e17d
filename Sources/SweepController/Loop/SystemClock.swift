import SweepModel
import SweepWire

/// Both clocks of this machine. Only the edge reads them.
enum SystemClock {
    static func now() -> Now {
        Now(
            instant: Instant(nanoseconds: MachineClock.monotonic),
            wall: Timestamp(milliseconds: MachineClock.wall / 1_000_000))
    }
}
