import SweepModel
import SweepRecord

/// All record files of one attempt: `.wandb`, TensorBoard event files, `metrics.csv`.
///
/// Confined to the agent's actor.
package final class RecordFiles {
    static let maximumFiles = 512

    private var files: [RecordFile] = []
    private var paths: Set<String> = []
    /// From an earlier agent's spool: readings that it has had, by path.
    private let taken: [String: Int]
    /// The account of trials, where that is not the agent's: others' files are none of theirs, wherever their links lead.
    private let owner: UInt32?
    private var looks = 0
    /// Files that were left out because there were too many.
    private(set) var leftOut = 0

    init(taken: [String: Int] = [:], owner: UInt32? = nil) {
        self.taken = taken
        self.owner = owner
        for path in taken.keys.sorted() { add(path) }
    }

    var isEmpty: Bool { files.isEmpty }

    func paths(of source: String) -> [String] { files.filter { $0.sourceName == source }.map(\.path) }

    func contains(_ path: String) -> Bool { paths.contains(path) }

    static func isWanted(_ name: String) -> Bool { BuiltIns.fileSources.contains { $0.reads(fileName: name) } }

    func add(_ path: String) {
        guard !paths.contains(path) else { return }
        guard files.count < Self.maximumFiles else {
            leftOut += 1
            return
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let type = BuiltIns.fileSources.first(where: { $0.reads(fileName: name) }) else { return }
        let folders = files.filter { $0.sourceName == type.name }.map { Self.folder(of: $0.path) }
        let prefix = type == TensorBoardFileSource.self ? Self.prefix(Self.folder(of: path), beside: folders) : ""
        paths.insert(path)
        files.append(RecordFile(path, type, prefix: prefix, owner: owner, skip: taken[path] ?? 0))
    }

    /// How many readings of each file were taken, where any were.
    var position: [(path: String, taken: Int)] { files.filter { $0.taken > 0 }.map { ($0.path, $0.taken) } }

    /// What is new in all files, about `limit` bytes of it.
    func read(limit: Int, _ body: (RecordFile, FileReading) -> Void) -> Bool {
        looks += 1
        // Many files are looked at less often.
        guard files.count <= 16 || looks % 5 == 0 || limit == .max else { return true }
        var left = limit
        var isComplete = true
        for file in files {
            guard left > 0 else { return false }
            let result = file.read(limit: min(left, OutputTail.piece)) { body(file, $0) }
            left -= result.bytes
            if !result.isComplete { isComplete = false }
        }
        return isComplete
    }

    func finish(_ body: (RecordFile, FileReading) -> Void) {
        for file in files { file.finish { body(file, $0) } }
    }

    private static func folder(of path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }

    /// Keras writes the same tags to `train/` and `validation/`, `add_scalars` to a folder for each curve: such a folder's
    /// name is put before the tag. A run's own folder (`runs/Nov23_host`) and the folders of `add_hparams`, which are
    /// named by the time, are not.
    package static func prefix(_ folder: String, beside others: [String]) -> String {
        let parts = folder.split(separator: "/")
        guard let last = parts.last else { return "" }
        if ["train", "training", "validation", "val", "valid", "eval", "evaluation", "test"].contains(last.lowercased())
        {
            return "\(last)/"
        }
        for depth in 1...3 where parts.count > depth {
            let parent = parts.dropLast(depth).joined(separator: "/")
            guard others.contains(parent) else { continue }
            let below = parts.suffix(depth).joined(separator: "/")
            return below.allSatisfy { $0.isNumber || $0 == "." } ? "" : below + "/"
        }
        return ""
    }
}
