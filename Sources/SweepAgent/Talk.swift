import Glibc

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
