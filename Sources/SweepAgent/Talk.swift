import Glibc
package import SweepModel

/// Lines for people, on standard error, each with the time of day.
struct Talk: Sendable {
    let name: String

    var say: @Sendable (String) -> Void {
        { line in
            var seconds = time(nil)
            var local = tm()
            localtime_r(&seconds, &local)
            func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
            let stamp = "\(two(local.tm_hour)):\(two(local.tm_min)):\(two(local.tm_sec))"
            // One write, so that lines of several agents in one terminal do not mix.
            _ = DiskFile.append(2, Array("\(stamp) \(line)\n".utf8))
        }
    }
}

/// The machine's clocks, read here and nowhere else in this target.
package enum SystemClock {
    package static let now: @Sendable () -> Now = {
        var monotonic = timespec()
        var wall = timespec()
        clock_gettime(CLOCK_MONOTONIC, &monotonic)
        clock_gettime(CLOCK_REALTIME, &wall)
        return Now(
            instant: Instant(nanoseconds: Int64(monotonic.tv_sec) * 1_000_000_000 + Int64(monotonic.tv_nsec)),
            wall: Timestamp(milliseconds: Int64(wall.tv_sec) * 1000 + Int64(wall.tv_nsec) / 1_000_000))
    }
}
