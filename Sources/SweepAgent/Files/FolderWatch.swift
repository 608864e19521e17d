import Dispatch
import Glibc
import Synchronization

/// Tells which record files are created below some folders while trials run, by inotify: a trial that writes none costs
/// nothing, neither at its start nor at its end. Where the system gives no inotify, folders are listed every few seconds.
///
/// The first listing of a folder (a working directory may hold a data set) happens on a queue of its own.
package final class FolderWatch: Sendable {
    /// Of one root: how deep, how many folders, and how many names are looked at.
    static let maximumDepth = 8
    static let maximumFolders = 4096
    static let maximumEntries = 200_000
    /// Working directories that are watched on when no trial runs in them.
    static let maximumRoots = 8
    /// Found and not yet asked for.
    static let maximumFound = 10_000

    private struct Folder {
        var path: String
        var depth: Int
        var root: String
    }

    private struct Root {
        var folders: Set<Int32> = []
        /// Folders and names that may still be looked at.
        var foldersLeft = FolderWatch.maximumFolders
        var entriesLeft = FolderWatch.maximumEntries
        var lastUse: Int
        var isTemporary: Bool
    }

    private struct State {
        var folders: [Int32: Folder] = [:]
        var roots: [String: Root] = [:]
        var found: [String] = []
        var uses = 0
    }

    /// -1 without inotify.
    private let file: Int32
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sweep.agent.files", qos: .utility)
    private let work = DispatchGroup()
    private let isWanted: @Sendable (String) -> Bool

    /// - Parameters:
    ///   - usesInotify: false for a test of the other way.
    ///   - isWanted: says of a file's name (the last path component) whether it is looked for.
    package init(usesInotify: Bool = true, isWanted: @escaping @Sendable (String) -> Bool) {
        file = usesInotify ? inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)) : -1
        self.isWanted = isWanted
    }

    deinit { if file >= 0 { close(file) } }

    /// Begins to watch a folder, if it is not watched; returns at once.
    ///
    /// - Parameter isTemporary: an attempt's own folder, forgotten with `unwatch`.
    package func watch(_ root: String, isTemporary: Bool) {
        let (isNew, outdated) = state.withLock { state -> (Bool, String?) in
            state.uses += 1
            guard state.roots[root] == nil else {
                state.roots[root]?.lastUse = state.uses
                return (false, nil)
            }
            state.roots[root] = Root(lastUse: state.uses, isTemporary: isTemporary)
            let lasting = state.roots.filter { !$0.value.isTemporary }
            guard lasting.count > Self.maximumRoots else { return (true, nil) }
            return (true, lasting.min { $0.value.lastUse < $1.value.lastUse }?.key)
        }
        if let outdated, outdated != root { unwatch(outdated) }
        if isNew { queue.async(group: work) { self.enter(root, depth: 0, root: root) } }
    }

    package func unwatch(_ root: String) {
        let folders = state.withLock { state -> Set<Int32> in
            let folders = state.roots.removeValue(forKey: root)?.folders ?? []
            for folder in folders { state.folders[folder] = nil }
            return folders
        }
        guard !folders.isEmpty else { return }
        queue.async { [file] in for folder in folders { inotify_rm_watch(file, folder) } }
    }

    /// Record files that have appeared since the last call; some may come twice.
    package func poll() -> [String] {
        if file >= 0 { readEvents() }
        return state.withLock { state in
            if state.found.isEmpty { return [] }
            defer { state.found.removeAll() }
            return state.found
        }
    }

    /// Without inotify: lists all folders anew, on the queue.
    package func rescan() {
        guard file < 0 else { return }
        let roots = state.withLock { state -> [String] in
            for root in state.roots.keys {
                state.roots[root]?.foldersLeft = Self.maximumFolders
                state.roots[root]?.entriesLeft = Self.maximumEntries
            }
            return Array(state.roots.keys)
        }
        for root in roots { queue.async(group: work) { self.enter(root, depth: 0, root: root) } }
    }

    /// Notes the record files that are in a folder and below it now; for one that is not watched. No link is followed.
    package func look(through root: String) {
        var waiting = [(path: root, depth: 0)]
        var (folders, entries) = (Self.maximumFolders, Self.maximumEntries)
        while let (path, depth) = waiting.popLast(), folders > 0 {
            folders -= 1
            for name in list(path, &entries, followsLinks: false) where depth < Self.maximumDepth {
                waiting.append(("\(path)/\(name)", depth + 1))
            }
        }
    }

    /// Waits until listings that were begun are done, 0.2 s at most: at the end of a trial.
    package func settle() { _ = work.wait(timeout: .now() + 0.2) }

    // MARK: Folders

    /// Watches a folder and all below it, nearest first, and notes the record files that are there.
    private func enter(_ path: String, depth: Int, root: String) {
        var waiting: [(path: String, depth: Int)] = [(path, depth)]
        var next = 0
        while next < waiting.count {
            let (path, depth) = waiting[next]
            next += 1
            guard register(path, depth: depth, root: root) else { continue }
            var left = state.withLock { $0.roots[root]?.entriesLeft ?? 0 }
            defer { state.withLock { [left] in $0.roots[root]?.entriesLeft = left } }
            // An attempt's own folder is the trial's to fill; a working directory is a person's.
            let followsLinks = state.withLock { $0.roots[root]?.isTemporary == false }
            for name in list(path, &left, followsLinks: followsLinks) where depth < Self.maximumDepth {
                waiting.append((path == "/" ? "/\(name)" : "\(path)/\(name)", depth + 1))
            }
        }
    }

    /// False where it is not to be looked into: known already (a link leads there), or there are too many.
    private func register(_ path: String, depth: Int, root: String) -> Bool {
        let isAllowed = state.withLock { state in
            guard let left = state.roots[root]?.foldersLeft, left > 0 else { return false }
            state.roots[root]?.foldersLeft = left - 1
            return true
        }
        guard isAllowed else { return false }
        guard file >= 0 else { return true }
        let mask = UInt32(IN_CREATE | IN_MOVED_TO) | UInt32(IN_ONLYDIR) | UInt32(IN_EXCL_UNLINK)
        let folder = inotify_add_watch(file, path, mask)
        // No watches left (fs.inotify.max_user_watches): what is in it now is seen at least.
        guard folder >= 0 else { return errno == ENOSPC || errno == ENOMEM }
        return state.withLock { state in
            guard state.folders[folder] == nil, state.roots[root] != nil else { return false }
            state.folders[folder] = Folder(path: path, depth: depth, root: root)
            state.roots[root]?.folders.insert(folder)
            return true
        }
    }

    /// The folders in a folder; record files in it are noted.
    private func list(_ path: String, _ left: inout Int, followsLinks: Bool) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var folders: [String] = []
        while left > 0, let entry = readdir(folder) {
            left -= 1
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            // A virtual environment: nothing of a run is in there.
            if name == "pyvenv.cfg" { return [] }
            switch Int(entry.pointee.d_type) {
            case Int(DT_DIR): if Self.isOpen(name) { folders.append(name) }
            case Int(DT_LNK), Int(DT_UNKNOWN):
                if isWanted(name) { found("\(path)/\(name)") }
                var status = stat()
                guard followsLinks || Int(entry.pointee.d_type) == Int(DT_UNKNOWN) else { continue }
                if Self.isOpen(name), (followsLinks ? stat : lstat)("\(path)/\(name)", &status) == 0,
                    status.st_mode & S_IFMT == S_IFDIR
                {
                    folders.append(name)
                }
            default: if isWanted(name) { found("\(path)/\(name)") }
            }
        }
        return folders
    }

    /// Whether a folder of this name may hold a run's files.
    private static func isOpen(_ name: String) -> Bool {
        name.utf8.first != UInt8(ascii: ".") && name != "__pycache__" && name != "node_modules"
            && name != "site-packages" && name != "proc" && name != "sys" && name != "dev"
    }

    private func found(_ path: String) {
        state.withLock { state in if state.found.count < Self.maximumFound { state.found.append(path) } }
    }

    // MARK: Events

    private func readEvents() {
        var buffer = [UInt8](repeating: 0, count: 0)
        // Bounded: a trial that makes files faster than this is read on at the next tick.
        for _ in 0..<64 {
            if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: 16 << 10) }
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            buffer.withUnsafeBytes { events(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    /// `struct inotify_event`: wd, mask, cookie and the length of the name, 4 bytes each; the name, padded with zeros.
    private func events(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while bytes.count - position >= 16 {
            let wd = bytes.loadUnaligned(fromByteOffset: position, as: Int32.self)
            let mask = bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self)
            let length = Int(bytes.loadUnaligned(fromByteOffset: position + 12, as: UInt32.self))
            guard bytes.count - position - 16 >= length else { return }
            let name = bytes[(position + 16)..<(position + 16 + length)].prefix { $0 != 0 }
            position += 16 + length
            event(wd, mask, String(decoding: name, as: UTF8.self))
        }
    }

    private func event(_ wd: Int32, _ mask: UInt32, _ name: String) {
        if mask & UInt32(IN_Q_OVERFLOW) != 0 { return overflowed() }
        if mask & UInt32(IN_IGNORED) != 0 {
            state.withLock { state in
                guard let folder = state.folders.removeValue(forKey: wd) else { return }
                state.roots[folder.root]?.folders.remove(wd)
                state.roots[folder.root]?.foldersLeft += 1
            }
            return
        }
        guard let folder = state.withLock({ $0.folders[wd] }) else { return }
        let path = "\(folder.path)/\(name)"
        if mask & UInt32(IN_ISDIR) != 0 {
            guard Self.isOpen(name), folder.depth < Self.maximumDepth else { return }
            enter(path, depth: folder.depth + 1, root: folder.root)
        } else if isWanted(name) {
            found(path)
        }
    }

    /// The system has dropped events: all folders are listed again.
    private func overflowed() {
        let roots = state.withLock { state -> [String] in
            for (wd, _) in state.folders { inotify_rm_watch(file, wd) }
            state.folders.removeAll()
            for root in state.roots.keys {
                state.roots[root]?.folders = []
                state.roots[root]?.foldersLeft = Self.maximumFolders
                state.roots[root]?.entriesLeft = Self.maximumEntries
            }
            return Array(state.roots.keys)
        }
        for root in roots { queue.async(group: work) { self.enter(root, depth: 0, root: root) } }
    }
}
