import SweepModel
import SweepWire

/// Trials of the other agents of this machine (those with the same home): who runs in the same folder may write the same
/// files.
enum Neighbours {
    /// Whether a living trial of another agent works in `directory`, above it, or below.
    static func work(in directory: String, besides agentFolder: String) -> Bool {
        guard let slash = agentFolder.lastIndex(of: "/") else { return false }
        let (agents, own) = (String(agentFolder[..<slash]), String(agentFolder[slash...].dropFirst()))
        for name in DiskFile.names(in: agents) where name != own {
            for attempt in DiskFile.names(in: "\(agents)/\(name)/attempts").prefix(4096) {
                let folder = AttemptFolder(path: "\(agents)/\(name)/attempts/\(attempt)")
                guard case .held = RunLock.holder(folder), let launch = DiskFile.read(folder.launch, limit: 1 << 16)
                else { continue }
                // The third record (see LaunchFile).
                let records = launch.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
                guard records.count > 2 else { continue }
                let other = String(decoding: records[2], as: UTF8.self)
                if other.isAtOrBelow(directory) || directory.isAtOrBelow(other) { return true }
            }
        }
        return false
    }
}

extension String {
    /// Whether this path is `folder` or lies in it.
    func isAtOrBelow(_ folder: String) -> Bool { self == folder || folder == "/" || hasPrefix(folder + "/") }
}
