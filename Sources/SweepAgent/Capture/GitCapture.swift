import Glibc
import SweepModel

/// The state of the code that a trial runs: the commit, and a patch of everything that is not committed.
package struct GitCapture: Sendable {
    /// Bytes of a patch; more is left out, and the record says so.
    static let maximumPatch = 4 << 20
    static let maximumUntracked = 200
    static let maximumSubmodules = 50
    static let maximumDepth = 3
    /// Names of what was left out.
    static let maximumNames = 50

    /// A repository inside this one, as far as it is there.
    package struct Submodule: Hashable, Sendable {
        /// From the root.
        package var path: String
        package var commit: String
        package var remote: String?
    }

    package var root: String?
    package var remote: String?
    package var branch: String?
    package var commit: String?
    package var isDirty = false
    /// For `git apply`, on top of `commit` and the submodules' commits.
    package var patch: [UInt8] = []
    package var submodules: [Submodule] = []
    /// What of the code is not in `patch`, and why.
    package var leftOut: [String] = []
    package var leftOutCount = 0

    /// - Parameter scripts: files that the command names: they and what lies around them are all there is where the folder is
    ///   in no repository.
    package static func take(_ directory: String, scripts: [String], environment: [String: String]) async -> GitCapture
    {
        var capture = GitCapture()
        guard let root = await Git(directory, environment).text("rev-parse", "--show-toplevel"), root.hasPrefix("/")
        else {
            let inside = scripts.filter { $0.hasPrefix(directory + "/") }
                .map { String($0.dropFirst(directory.count + 1)) }
            for script in scripts where !inside.contains(where: { directory + "/" + $0 == script }) {
                capture.leaveOut(script, "it lies outside the working directory")
            }
            let around = inside.isEmpty ? [] : SourceFiles.find(in: directory, home: environment["HOME"])
            capture.add(inside + around.filter { !inside.contains($0) }, in: directory, "")
            return capture
        }
        capture.root = root
        let top = Git(root, environment)
        capture.branch = await top.text("rev-parse", "--abbrev-ref", "HEAD")
        (capture.commit, capture.remote) = await capture.takeRepository(top, "", depth: 0)
        capture.isDirty = !capture.patch.isEmpty || capture.leftOutCount > 0
        return capture
    }

    /// One repository and those in it.
    ///
    /// - Parameter prefix: where it lies, from the root; empty, or with a slash at its end.
    private mutating func takeRepository(
        _ git: Git, _ prefix: String, depth: Int
    ) async -> (commit: String?, remote: String?) {
        async let address = git.text("config", "--get", "remote.origin.url")
        async let untracked = git.output(1 << 20, "ls-files", "--others", "--exclude-standard", "-z")
        let commit = await git.text("rev-parse", "--verify", "HEAD")
        if commit != nil {
            let changes = [
                "diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color", "--full-index",
                "--ignore-submodules=all", "--src-prefix=a/\(prefix)", "--dst-prefix=b/\(prefix)",
            ]
            let room = max(1, Self.maximumPatch - patch.count)
            if let whole = await git.output(room, changes + ["--binary"]) {
                patch += whole
            } else {
                // Without the binary files, which could not be applied either.
                let name = prefix.isEmpty ? "changes of tracked files" : "changes in \(prefix)"
                leaveOut(name, "more than \(Self.maximumPatch) bytes, or git failed")
            }
        }
        let remote = (await address).map(Self.withoutSecrets)
        let names = (await untracked ?? []).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        add(names, in: git.directory, prefix)
        guard depth < Self.maximumDepth, access(git.directory + "/.gitmodules", F_OK) == 0 else {
            return (commit, remote)
        }
        let lines = await git.output(
            1 << 16, "config", "-z", "--file", ".gitmodules", "--get-regexp", "^submodule\\..*\\.path$")
        for line in (lines ?? []).split(separator: 0).prefix(Self.maximumSubmodules) {
            // Name, line feed, value.
            guard let end = line.firstIndex(of: 0x0A) else { continue }
            let path = String(decoding: line[(end + 1)...], as: UTF8.self)
            let place = git.directory + "/" + path
            guard !path.hasPrefix("/"), !path.split(separator: "/").contains(".."), access(place + "/.git", F_OK) == 0
            else { continue }
            let inner = await takeRepository(git.below(place), prefix + path + "/", depth: depth + 1)
            guard let commit = inner.commit else { continue }
            submodules.append(Submodule(path: prefix + path, commit: commit, remote: inner.remote))
        }
        return (commit, remote)
    }

    /// A password in the address of a remote is no part of a record.
    static func withoutSecrets(_ remote: String) -> String {
        guard let scheme = remote.firstRange(of: "://") else { return remote }
        let rest = remote[scheme.upperBound...]
        let host = rest.prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return remote }
        return String(remote[..<scheme.upperBound] + rest[rest.index(after: at)...])
    }

    /// Adds files that no commit has.
    private mutating func add(_ names: [String], in folder: String, _ prefix: String) {
        for (number, name) in names.enumerated() {
            // A repository of its own, which is no submodule.
            if name.hasSuffix("/") {
                leaveOut(prefix + name, "it is a repository of its own")
                continue
            }
            guard number < Self.maximumUntracked else {
                leaveOut(prefix + name, "there are more than \(Self.maximumUntracked) such files")
                continue
            }
            let file = NewFilePatch(name, in: folder, as: prefix + name)
            if let problem = file.problem {
                leaveOut(prefix + name, problem)
            } else if patch.count + file.bytes.count > Self.maximumPatch {
                leaveOut(prefix + name, "the patch is full")
            } else {
                patch += file.bytes
            }
        }
    }

    private mutating func leaveOut(_ name: String, _ why: String) {
        leftOutCount += 1
        if leftOut.count < Self.maximumNames { leftOut.append("\(name.prefix(300)): \(why)") }
    }

    private struct Git {
        let directory: String
        private let environment: [String: String]

        init(_ directory: String, _ environment: [String: String]) {
            self.directory = directory
            self.environment = environment
        }

        func below(_ place: String) -> Git { Git(place, environment) }

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
