import Glibc

/// What lies at a path. Passed in where a launch is planned, so that planning is a function.
package struct FileLookup: Sendable {
    package enum Kind: Hashable, Sendable {
        case missing
        case folder
        case file(executable: Bool)
    }

    package let kind: @Sendable (_ path: String) -> Kind
    /// The path with all links followed; nil where there is nothing.
    package let resolve: @Sendable (_ path: String) -> String?

    package init(
        kind: @escaping @Sendable (_ path: String) -> Kind,
        resolve: @escaping @Sendable (_ path: String) -> String? = { $0 }
    ) {
        self.kind = kind
        self.resolve = resolve
    }

    /// The machine's own files.
    package static let disk = FileLookup(
        kind: { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return .missing }
            if status.st_mode & S_IFMT == S_IFDIR { return .folder }
            return .file(executable: access(path, X_OK) == 0)
        },
        resolve: { path in
            guard let resolved = realpath(path, nil) else { return nil }
            defer { free(resolved) }
            return String(cString: resolved)
        })

    package func exists(_ path: String) -> Bool { kind(path) != .missing }
    package func isFolder(_ path: String) -> Bool { kind(path) == .folder }

    /// Where a program is found: as a path from `directory` when it has a slash, else in the folders of `path`.
    package func program(_ name: String, path: String?, directory: String) -> Program {
        if name.contains("/") {
            let full = name.hasPrefix("/") ? name : "\(directory)/\(name)"
            return switch kind(full) {
            case .file(executable: true): .found(full)
            case .file(executable: false): .notExecutable(full)
            case .folder: .notExecutable(full)
            case .missing: .missing
            }
        }
        var refused: String?
        for folder in (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
            let full = folder.hasPrefix("/") ? "\(folder)/\(name)" : "\(directory)/\(folder)/\(name)"
            switch kind(full) {
            case .file(executable: true): return .found(full)
            case .file(executable: false): refused = refused ?? full
            case .folder, .missing: break
            }
        }
        return refused.map(Program.notExecutable) ?? .missing
    }

    package enum Program: Hashable, Sendable {
        case found(String)
        case notExecutable(String)
        case missing
    }
}
