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
        guard let bytes = DiskFile.read(file, offset: 0, limit: 32), let end = bytes.firstIndex(of: 0x0A) else {
            return .held(by: nil)
        }
        return .held(by: Int32(String(decoding: bytes[..<end].prefix { $0 != 0x20 }, as: UTF8.self)))
    }
}
