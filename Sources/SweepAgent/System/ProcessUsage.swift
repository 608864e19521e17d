import Glibc

/// What a trial's processes use: from /proc (proc_pid_stat(5), proc_pid_io(5)).
package struct ProcessUsage {
    /// CPU seconds that processes which are alive have used, by process.
    private var cpu: [Int32: Double] = [:]
    /// Bytes that processes have read and written, as last seen; those of processes that have ended are kept.
    private var disk: [Int32: (read: Double, written: Double)] = [:]
    private var pastDisk = (read: 0.0, written: 0.0)

    package init() {}

    package struct Sample {
        /// Seconds of CPU since the last sample.
        package var cpuSeconds = 0.0
        package var threads = 0.0
        /// Bytes.
        package var resident = 0.0
        /// Bytes since the trial began.
        var read = 0.0
        var written = 0.0
    }

    private static let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    private static let page = Double(max(1, sysconf(Int32(_SC_PAGESIZE))))

    package mutating func sample(_ processes: [Int32]) -> Sample {
        var sample = Sample()
        var now: [Int32: Double] = [:]
        var ios: [Int32: (read: Double, written: Double)] = [:]
        for process in processes {
            guard let fields = Self.stat(process) else { continue }
            // Fields 14 and 15 of the page are utime and stime, 20 num_threads, 24 rss.
            let used = (fields(14) + fields(15)) / Self.ticks
            now[process] = used
            sample.cpuSeconds += max(0, used - (cpu[process] ?? 0))
            sample.threads += fields(20)
            sample.resident += fields(24) * Self.page
            if let io = Self.io(process) { ios[process] = io }
        }
        for (process, io) in disk where ios[process] == nil {
            pastDisk.read += io.read
            pastDisk.written += io.written
        }
        (cpu, disk) = (now, ios)
        sample.read = ios.values.reduce(pastDisk.read) { $0 + $1.read }
        sample.written = ios.values.reduce(pastDisk.written) { $0 + $1.written }
        return sample
    }

    /// The numbers of /proc/PID/stat by the field numbers of its page.
    private static func stat(_ process: Int32) -> ((Int) -> Double)? {
        guard let bytes = DiskFile.read("/proc/\(process)/stat", limit: 4096),
            let name = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(name + 1)...].split(separator: 0x20)
        return { number in
            guard fields.indices.contains(number - 3) else { return 0 }
            return Double(String(decoding: fields[number - 3], as: UTF8.self)) ?? 0
        }
    }

    private static func io(_ process: Int32) -> (read: Double, written: Double)? {
        guard let bytes = DiskFile.read("/proc/\(process)/io", limit: 4096) else { return nil }
        var (read, written) = (0.0, 0.0)
        for line in bytes.split(separator: 0x0A) {
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("read_bytes: ") { read = Double(text.dropFirst(12)) ?? 0 }
            if text.hasPrefix("write_bytes: ") { written = Double(text.dropFirst(13)) ?? 0 }
        }
        return (read, written)
    }
}

/// What the whole machine uses.
package enum MachineUsage {
    /// `MemTotal` and `MemAvailable` in bytes.
    package static func memory() -> (total: Double, available: Double)? {
        guard let bytes = DiskFile.read("/proc/meminfo", limit: 1 << 14) else { return nil }
        var (total, available) = (0.0, 0.0)
        for line in bytes.split(separator: 0x0A) {
            let words = line.split(separator: 0x20)
            guard words.count >= 2, let value = Double(String(decoding: words[1], as: UTF8.self)) else { continue }
            if words[0].elementsEqual("MemTotal:".utf8) { total = value * 1024 }
            if words[0].elementsEqual("MemAvailable:".utf8) { available = value * 1024 }
        }
        return total > 0 ? (total, available) : nil
    }

    /// Bytes received and sent by all interfaces but loopback.
    static func network() -> (received: Double, sent: Double) {
        var (received, sent) = (0.0, 0.0)
        for line in (DiskFile.read("/proc/net/dev", limit: 1 << 16) ?? []).split(separator: 0x0A).dropFirst(2) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            if line[..<colon].filter({ $0 != 0x20 }).elementsEqual("lo".utf8) { continue }
            let fields = line[(colon + 1)...].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            guard fields.count >= 9 else { continue }
            received += Double(fields[0]) ?? 0
            sent += Double(fields[8]) ?? 0
        }
        return (received, sent)
    }

    /// Used space of the root file system: percent and bytes.
    static func disk() -> (percent: Double, used: Double)? {
        var status = statvfs()
        guard statvfs("/", &status) == 0, status.f_blocks > 0 else { return nil }
        let size = Double(status.f_frsize)
        let used = Double(status.f_blocks) - Double(status.f_bfree)
        return (100 * used / (used + Double(status.f_bavail)), used * size)
    }

    static let processors = Double(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}
