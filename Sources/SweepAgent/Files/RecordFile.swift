import Glibc
import SweepModel
import SweepRecord

/// One record file of a trial, read on as it grows. Nothing is held open between two looks, so that a trial may have
/// hundreds of them.
///
/// Confined to the agent's actor.
final class RecordFile {
    /// Compared at every look: a file that is written anew from its beginning shows it there.
    private static let headLength = 256

    let path: String
    let sourceName: String
    private let type: any MetricFileSource.Type
    private let prefix: String
    /// Whom it must belong to; nil: whoever may have put it there.
    private let owner: UInt32?
    private var source: any MetricFileSource
    private var offset = 0
    private var head: [UInt8] = []
    private var inode: ino_t = 0
    /// Readings that an earlier agent has had; passed over.
    private var skip: Int
    /// Readings so far.
    private(set) var taken = 0
    /// The file was begun anew: what it says again is left out.
    private(set) var isRepeat = false

    init(_ path: String, _ type: any MetricFileSource.Type, prefix: String, owner: UInt32? = nil, skip: Int = 0) {
        self.path = path
        self.type = type
        self.prefix = prefix
        self.owner = owner
        self.skip = skip
        sourceName = type.name
        source = type.init(prefix: prefix)
    }

    /// What is new, at most `limit` bytes of it; `isComplete` is false when there is more.
    func read(limit: Int, _ body: (FileReading) -> Void) -> (bytes: Int, isComplete: Bool) {
        var status = stat()
        // No link: a trial offers what is there, not what it can point at.
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, !HollowFile.is(status) else {
            return (0, true)
        }
        let size = Int(status.st_size)
        guard size != offset || status.st_ino != inode else { return (0, true) }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else { return (0, true) }
        defer { close(file) }
        // What was opened: a folder on the way may have become a link.
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, owner.map({ $0 == status.st_uid }) ?? true
        else { return (0, true) }
        beginAnew(ifChanged: file, size: size)
        inode = status.st_ino
        guard size > offset, let bytes = DiskFile.read(file, offset: offset, limit: min(limit, size - offset)),
            !bytes.isEmpty
        else { return (0, true) }
        if head.count < Self.headLength, offset == head.count { head += bytes.prefix(Self.headLength - head.count) }
        offset += bytes.count
        source.read(bytes) { pass($0, body) }
        return (bytes.count, offset >= size)
    }

    /// The trial has ended.
    func finish(_ body: (FileReading) -> Void) { source.finish { pass($0, body) } }

    private func pass(_ reading: FileReading, _ body: (FileReading) -> Void) {
        taken += 1
        if skip > 0 { skip -= 1 } else { body(reading) }
    }

    /// Lightning writes its `metrics.csv` anew when a column is added; others cut a file or put another in its place.
    private func beginAnew(ifChanged file: Int32, size: Int) {
        guard offset > 0 else { return }
        let isSame = size >= offset && DiskFile.read(file, offset: 0, limit: head.count) == head
        guard !isSame else { return }
        source = type.init(prefix: prefix)
        (offset, head, isRepeat) = (0, [], true)
        // Counted from the beginning, so that an agent that starts anew leaves out as many.
        skip = 0
        taken = 0
    }
}
