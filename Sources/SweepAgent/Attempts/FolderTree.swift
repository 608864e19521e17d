import Glibc

/// A folder with everything in it.
enum FolderTree {
    /// Removes it. Links are removed, not followed; what is read-only goes too.
    static func remove(_ path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let parent = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return }
        defer { close(parent) }
        remove(String(path[path.index(after: slash)...]), in: parent, depth: 0)
    }

    private static func remove(_ name: String, in parent: Int32, depth: Int) {
        guard unlinkat(parent, name, 0) != 0, errno != ENOENT, depth < 100 else { return }
        let folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return }
        fchmod(folder, 0o700)
        guard let handle = fdopendir(folder) else {
            close(folder)
            return
        }
        defer { closedir(handle) }
        while let entry = readdir(handle) {
            let inner = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if inner != ".", inner != ".." { remove(inner, in: folder, depth: depth + 1) }
        }
        unlinkat(parent, name, AT_REMOVEDIR)
    }
}
