import Glibc

/// The lock that a shim holds for its whole life: the one proof that an attempt is alive. A process id alone may have
/// come to mean somebody else.
package enum RunLock {
    package enum Holder: Hashable, Sendable {
        /// No shim lives.
        case free
        /// A shim lives; its process id, where it is known.
        case held(by: Int32?)
    }

    package static func holder(_ folder: AttemptFolder) -> Holder {
        let file = open(folder.lock, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return .free }
        // Closing gives a lock that was got here back.
        defer { close(file) }
        if flock(file, LOCK_SH | LOCK_NB) == 0 { return .free }
        let line = DiskFile.read(file, offset: 0, limit: 32).map { String(decoding: $0, as: UTF8.self) }
        return .held(by: line.flatMap { $0.hasSuffix("\n") ? Int32($0.dropLast()) : nil })
    }
}
