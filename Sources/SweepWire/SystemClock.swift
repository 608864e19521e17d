package import SweepModel

/// Both clocks of this machine. Only the edges of the daemons read them.
package enum SystemClock {
    package static func now() -> Now {
        Now(
            instant: Instant(nanoseconds: MachineClock.monotonic),
            wall: Timestamp(milliseconds: MachineClock.wall / 1_000_000))
    }
}
