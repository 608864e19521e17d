import Glibc

/// The source files around a script that lies in no repository: what it may import or read as its settings.
enum SourceFiles {
    static let maximumFiles = 200
    static let maximumEntries = 2000
    static let maximumDepth = 3
    private static let endings = [
        ".py", ".sh", ".yaml", ".yml", ".toml", ".json", ".cfg", ".ini", ".r", ".R", ".jl", ".lua", ".pl", ".c", ".h",
        ".cu",
    ]

    /// Names from `folder`, in order; hidden folders, virtual environments and packages of Node.js are left out. Of a home
    /// folder, or of the whole machine, only what lies in it directly.
    static func find(in folder: String, home: String?) -> [String] {
        let isWide = folder == home || folder.split(separator: "/").count < 2
        var found: [String] = []
        var entries = 0
        var folders = [("", 0)]
        while let (prefix, depth) = folders.popLast() {
            for name in DiskFile.names(in: folder + "/" + prefix).sorted() {
                entries += 1
                guard entries <= maximumEntries, found.count < maximumFiles else { return found.sorted() }
                guard !name.hasPrefix("."), name != "node_modules", name != "__pycache__" else { continue }
                let path = folder + "/" + prefix + name
                var status = stat()
                guard lstat(path, &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFREG, endings.contains(where: name.hasSuffix) {
                    found.append(prefix + name)
                } else if status.st_mode & S_IFMT == S_IFDIR, depth < maximumDepth, !isWide,
                    access(path + "/pyvenv.cfg", F_OK) != 0
                {
                    folders.append((prefix + name + "/", depth + 1))
                }
            }
        }
        return found.sorted()
    }
}
