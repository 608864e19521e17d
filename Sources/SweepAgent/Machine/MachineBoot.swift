import Glibc

/// Which start of the machine this is: after another one no process of an earlier agent can be alive.
package enum MachineBoot {
    /// nil where the kernel does not tell.
    package static func current(_ path: String = "/proc/sys/kernel/random/boot_id") -> String? {
        guard let bytes = DiskFile.read(path, limit: 64) else { return nil }
        let text = String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
        return text.isEmpty ? nil : text
    }

    /// Writes the start down in the agent's folder.
    ///
    /// - Returns: whether the last agent of the name ran before the machine was restarted.
    static func note(_ id: String?, in folder: String) -> Bool {
        guard let id else { return false }
        let path = folder + "/boot"
        let last = current(path)
        if last != id { try? DiskFile.replace(path, Array("\(id)\n".utf8)) }
        return last != nil && last != id
    }
}
