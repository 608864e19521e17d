import Glibc

/// The processes of a trial: its shim's descendants. The shim is their subreaper, so none gets out of the tree.
package enum ProcessTree {
    static let maximumCount = 4096

    /// The processes below `root`, without it.
    package static func descendants(of root: Int32) -> [Int32] {
        var found: [Int32] = []
        var next = 0
        var parent = root
        while true {
            found += children(of: parent)
            guard next < found.count, found.count < maximumCount else { return found }
            parent = found[next]
            next += 1
        }
    }

    /// A process may have been started by any of its parent's threads.
    private static func children(of pid: Int32) -> [Int32] {
        DiskFile.names(in: "/proc/\(pid)/task").prefix(1024).flatMap { thread -> [Int32] in
            guard let text = DiskFile.read("/proc/\(pid)/task/\(thread)/children", limit: 1 << 16) else { return [] }
            return text.split(separator: 0x20).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
        }
    }

    /// Whether the process has a handler for the signal.
    package static func catches(_ pid: Int32, signal: Int32) -> Bool {
        guard let status = DiskFile.read("/proc/\(pid)/status", limit: 1 << 16) else { return false }
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
        let mask = line.flatMap { UInt64($0.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16) } ?? 0
        return mask >> UInt64(signal - 1) & 1 == 1
    }

    /// Whether one of these processes has the file open.
    package static func holds(_ processes: [Int32], file path: String) -> Bool {
        var wanted = stat()
        guard stat(path, &wanted) == 0 else { return false }
        for process in processes {
            for name in DiskFile.names(in: "/proc/\(process)/fd").prefix(4096) {
                var status = stat()
                guard stat("/proc/\(process)/fd/\(name)", &status) == 0 else { continue }
                if status.st_ino == wanted.st_ino, status.st_dev == wanted.st_dev { return true }
            }
        }
        return false
    }
}
