import Glibc
import SweepModel

/// Where an attempt may go on from.
enum Checkpoints {
    /// How names end that a script gives to what it has not finished writing; it renames that when it has.
    private static let unfinished = [".tmp", ".temp", ".part", ".partial", ".new", "~"]

    /// A name that stands for something whole.
    static func isPublished(_ name: String) -> Bool {
        !name.hasPrefix(".") && !unfinished.contains { name.lowercased().hasSuffix($0) }
    }

    /// The checkpoint folder of the newest of these attempts that has published anything, by whichever agent of this home
    /// ran it.
    static func newest(of trial: TrialID, attempts: [Int], agentFolder: String) -> String? {
        let home = agentFolder.lastIndex(of: "/").map { String(agentFolder[..<$0]) } ?? agentFolder
        let others = DiskFile.names(in: home).sorted().map { "\(home)/\($0)" }.filter { $0 != agentFolder }
        for number in attempts.prefix(100) {
            let attempt = AttemptID(trial, number)
            for folder in [agentFolder] + others {
                let checkpoints = AttemptFolder(agentFolder: folder, attempt: attempt).checkpoints
                if DiskFile.names(in: checkpoints).contains(where: isPublished) { return checkpoints }
            }
        }
        return nil
    }

    /// No attempt goes on from there any more. What it holds stays, beside it.
    static func setAside(_ folder: String) {
        guard DiskFile.names(in: folder).contains(where: isPublished) else { return }
        var number = 1
        while rename(folder, "\(folder).done-\(number)") != 0, [ENOTEMPTY, EEXIST].contains(errno), number < 100 {
            number += 1
        }
    }
}
