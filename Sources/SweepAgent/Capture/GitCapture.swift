import Glibc
import SweepModel

/// The state of the code that a trial runs: the commit, and a patch of everything that is not committed.
package struct GitCapture: Sendable {
    /// Bytes of a patch; more is left out, and the record says so.
    static let maximumPatch = 4 << 20
    static let maximumUntracked = 200
    static let maximumUntrackedFile = 256 << 10

    package var root: String?
    package var remote: String?
    package var branch: String?
    package var commit: String?
    package var isDirty = false
    /// Something of the code is not in `patch`.
    package var isPartial = false
    /// For `git apply`, on top of `commit`.
    package var patch: [UInt8] = []

    /// - Parameter scripts: files that the command names: all there is where the folder is in no repository.
    package static func take(_ directory: String, scripts: [String], environment: [String: String]) async -> GitCapture
    {
        let git = Git(directory: directory, environment: environment)
        guard let root = await git.text("rev-parse", "--show-toplevel"), root.hasPrefix("/") else {
            var capture = GitCapture()
            capture.add(scripts, below: directory)
            return capture
        }
        var capture = GitCapture(root: root)
        async let remote = git.text("config", "--get", "remote.origin.url")
        async let branch = git.text("rev-parse", "--abbrev-ref", "HEAD")
        async let untracked = git.output(
            1 << 20, "ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/")
        capture.commit = await git.text("rev-parse", "HEAD")
        if capture.commit != nil {
            let changes = ["diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color", "--full-index"]
            if let whole = await git.output(maximumPatch, changes + ["--binary", "--", ":/"]) {
                capture.patch = whole
            } else {
                capture.isPartial = true
                capture.patch = await git.output(maximumPatch, changes + ["--", ":/"]) ?? []
            }
            capture.isDirty = !capture.patch.isEmpty || capture.isPartial
        }
        capture.remote = (await remote).map(withoutSecrets)
        capture.branch = await branch
        let names = (await untracked ?? []).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        if !names.isEmpty {
            capture.isDirty = true
            capture.add(names.map { "\(root)/\($0)" }, below: root)
        }
        return capture
    }

    /// A password in the address of a remote is no part of a record.
    static func withoutSecrets(_ remote: String) -> String {
        guard let scheme = remote.firstRange(of: "://") else { return remote }
        let rest = remote[scheme.upperBound...]
        let host = rest.prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return remote }
        return String(remote[..<scheme.upperBound] + rest[rest.index(after: at)...])
    }

    /// Adds text files as patches that make them.
    private mutating func add(_ paths: [String], below root: String) {
        for (number, path) in paths.enumerated() {
            guard number < Self.maximumUntracked, path.hasPrefix(root + "/"),
                let bytes = DiskFile.read(path, limit: Self.maximumUntrackedFile + 1)
            else {
                isPartial = true
                continue
            }
            let name = String(path.dropFirst(root.count + 1))
            guard bytes.count <= Self.maximumUntrackedFile, !bytes.contains(0), Self.isPlain(name),
                patch.count + bytes.count <= Self.maximumPatch
            else {
                // Data, a model, a picture: not code.
                if bytes.count > Self.maximumUntrackedFile || !bytes.contains(0) { isPartial = true }
                continue
            }
            patch += Self.newFile(name, bytes, isExecutable: access(path, X_OK) == 0)
        }
    }

    /// Names that git would quote are left out.
    private static func isPlain(_ name: String) -> Bool {
        name.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    /// As `git diff` shows a file that is new.
    static func newFile(_ name: String, _ bytes: [UInt8], isExecutable: Bool) -> [UInt8] {
        var patch = Array("diff --git a/\(name) b/\(name)\nnew file mode \(isExecutable ? "100755" : "100644")\n".utf8)
        guard !bytes.isEmpty else { return patch }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let isWhole = lines.last?.isEmpty == true
        if isWhole { lines.removeLast() }
        patch += Array("--- /dev/null\n+++ b/\(name)\n@@ -0,0 +1\(lines.count == 1 ? "" : ",\(lines.count)") @@\n".utf8)
        for line in lines { patch += [UInt8(ascii: "+")] + line + [UInt8(ascii: "\n")] }
        if !isWhole { patch += Array("\\ No newline at end of file\n".utf8) }
        return patch
    }

    private struct Git {
        let directory: String
        let environment: [String: String]

        func output(_ limit: Int, _ arguments: String...) async -> [UInt8]? { await output(limit, arguments) }

        func output(_ limit: Int, _ arguments: [String]) async -> [UInt8]? {
            var environment = environment
            // It must neither wait for a lock nor for a person, nor run what a repository's settings name.
            environment["GIT_OPTIONAL_LOCKS"] = "0"
            environment["GIT_TERMINAL_PROMPT"] = "0"
            for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] { environment[name] = nil }
            return await HelperProgram.output(
                "git", ["-C", directory, "-c", "core.fsmonitor=false", "-c", "core.quotepath=false"] + arguments,
                environment: environment, limit: limit)
        }

        func text(_ arguments: String...) async -> String? {
            guard let bytes = await output(1 << 16, arguments) else { return nil }
            let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first
            return text.map(String.init)
        }
    }
}
