import Glibc
import SweepModel
import SweepWire

/// A trial made anew in a folder: `code/`, `params.json`, `wandb.yaml`, `diff.patch`, `requirements.txt`, `run.sh`.
struct TrialCopy {
    /// What is taken from the trial's record.
    struct Record {
        var id: TrialID
        var argv: [String]
        /// Where the command ran, and the repository's top folder.
        var directory: String
        var root: String?
        var remote: String?
        var commit: String?
        /// The sweep's own variables.
        var environment: [(name: String, value: String)]
        var parameters: Parameters
        var seed: Int?
        var patch: [UInt8]
        var requirements: [UInt8]
        /// Repositories inside the code's, with their commits.
        var submodules: [(path: String, commit: String, remote: String?)] = []
        /// What of the code is not in the record, and why; the first of so many.
        var leftOut: [String] = []
        var leftOutCount = 0

        static func read(_ text: String, _ client: Client, _ session: Session) async throws -> Record {
            let (id, _) = try await Selection.trial(text, client, session)
            guard let bytes = try await client.recordFile(RecordFileName.overview, of: id),
                let overview = try? JSONParser.parse(bytes)
            else {
                throw SweepError(
                    .notFound, "the record of \(id) does not say what it ran",
                    remedy: "a trial has it from a moment after its start")
            }
            return try Record(
                id, overview, patch: await client.recordFile(RecordFileName.diff, of: id) ?? [],
                requirements: await client.recordFile(RecordFileName.requirements, of: id) ?? [])
        }

        init(_ id: TrialID, _ overview: ParameterValue, patch: [UInt8], requirements: [UInt8]) throws(SweepError) {
            guard case .list(let argv)? = overview["command"], !argv.isEmpty,
                let directory = overview["directory"]?.string, directory.hasPrefix("/")
            else { throw SweepError(.failed, "the record of \(id) has no command") }
            self.id = id
            self.argv = argv.map { $0.string ?? $0.json() }
            self.directory = directory
            let code = overview["code"]
            root = code?["root"]?.string
            remote = code?["remote"]?.string
            commit = code?["commit"]?.string
            environment = (overview["environment"]?.members ?? []).compactMap { member in
                member.value.string.map { (member.key, $0) }
            }
            parameters = overview["parameters"]?.members ?? []
            if case .int(let seed)? = overview["seed"] { self.seed = seed }
            self.patch = patch
            self.requirements = requirements
            if case .list(let modules)? = code?["submodules"] {
                submodules = modules.compactMap { module in
                    guard let path = module["path"]?.string, let commit = module["commit"]?.string,
                        !path.hasPrefix("/"), !path.split(separator: "/").contains("..")
                    else { return nil }
                    return (path, commit, module["remote"]?.string)
                }
            }
            if case .list(let names)? = code?["left_out"] { leftOut = names.compactMap(\.string) }
            leftOutCount = leftOut.count
            if case .int(let count)? = code?["left_out_count"] { leftOutCount = max(leftOutCount, count) }
            // Records of before told no names.
            if leftOutCount == 0, code?["partial"] == true { (leftOut, leftOutCount) = (["some large files"], 1) }
        }
    }

    let record: Record
    let folder: String
    let repository: String?

    init(_ record: Record, folder: String, repository: String?) {
        self.record = record
        self.folder = folder
        self.repository = repository
    }

    var script: String { folder + "/run.sh" }
    private var code: String { folder + "/code" }

    /// - Throws: when the folder is there already, or git cannot do its part.
    func make(_ session: Session) throws(SweepError) {
        guard mkdir(folder, 0o755) == 0 else {
            throw SweepError(
                .usage, "\(folder) cannot be made: \(String(cString: strerror(errno)))",
                remedy: "choose another with --folder")
        }
        try write("diff.patch", record.patch)
        try write("requirements.txt", record.requirements)
        try write("params.json", ParameterValue.object(record.parameters).jsonBytes() + [0x0A])
        try write("wandb.yaml", Array(WandbParameterFile.text(record.parameters).utf8))
        try write("prepare.sh", Array(prepareScript.utf8))
        try write("run.sh", Array(runScript.utf8))
        let log = folder + "/prepare.log"
        guard try shell(folder + "/prepare.sh", session) == .exit(0) else {
            let words = LogTail.read(log, lines: 3).joined(separator: "; ")
            throw SweepError(
                .failed, "the code cannot be had: \(words)",
                remedy: "give its repository with --repository; the patch is \(folder)/diff.patch")
        }
    }

    /// The worktree (or a clone), and the patch.
    var prepareScript: String {
        var lines = ["#!/bin/sh", "# The code of trial \(record.id).", "set -e"]
        let code = ShellText.quoted(code)
        if let commit = record.commit {
            lines.append(checkout(commit, of: "", record.remote))
            lines += record.submodules.map { checkout($0.commit, of: "/" + $0.path, $0.remote) }
        } else {
            lines.append("mkdir \(code)")
        }
        lines.append("mkdir \(Self.folders.map { ShellText.quoted(folder + "/" + $0) }.joined(separator: " "))")
        if !record.patch.isEmpty {
            // Without the ceiling git would take a repository around the folder for the code's own.
            lines.append("cd \(code)")
            lines.append(
                "GIT_CEILING_DIRECTORIES=\(ShellText.quoted(folder)) git apply --whitespace=nowarn ../diff.patch")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A commit, from the repository where the trial ran, or else its remote.
    ///
    /// - Parameter path: of a submodule in it, with a slash before it.
    private func checkout(_ commit: String, of path: String, _ remote: String?) -> String {
        let (commit, target) = (ShellText.quoted(commit), ShellText.quoted(code + path))
        var tries = [repository, record.root].compactMap { $0 }.map { root in
            let place = ShellText.quoted(root + path)
            return "git -C \(place) cat-file -e \(commit)^{commit} 2>/dev/null "
                + "&& git -C \(place) worktree add --detach \(target) \(commit)"
        }
        if let remote, !remote.hasPrefix("-") {
            let address = Self.address(remote, from: (record.root ?? "") + path)
            tries.append(
                "git clone --no-checkout -- \(ShellText.quoted(address)) \(target) "
                    + "&& git -C \(target) checkout --detach \(commit)")
        }
        // 'set -e' does not see what fails before '&&'.
        return "{ " + (tries + ["exit 1"]).joined(separator: "; } || { ") + "; }"
    }

    /// A remote that is a path is meant from its repository, which may be gone: so `..` is taken out of it.
    static func address(_ remote: String, from repository: String) -> String {
        guard !remote.contains("://"), !remote.prefix(while: { $0 != "/" }).contains(":"), !remote.hasPrefix("/") else {
            return remote
        }
        var parts = repository.split(separator: "/")
        for part in remote.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Of its own, where a trial finds them under these names.
    private static let folders = ["checkpoints", "artifacts"]

    /// The exact command.
    var runScript: String {
        var lines = [
            "#!/bin/sh", "# Trial \(record.id), as its record has it.",
            "cd \(ShellText.quoted(moved(record.directory))) || exit",
        ]
        var variables: [(String, String)] = [
            ("SWEEP_ID", record.id.sweep.text), ("SWEEP_TRIAL_ID", record.id.description),
            ("SWEEP_ATTEMPT", "1"),
            ("SWEEP_PARAMS_FILE", folder + "/params.json"), ("SWEEP_METRICS_FILE", folder + "/metrics.jsonl"),
            ("SWEEP_CHECKPOINT_DIR", folder + "/checkpoints"), ("SWEEP_ARTIFACTS_DIR", folder + "/artifacts"),
            ("PYTHONUNBUFFERED", "1"), ("WANDB_MODE", "offline"),
            ("WANDB_DIR", folder), ("WANDB_SWEEP_ID", record.id.sweep.text),
            ("WANDB_SWEEP_PARAM_PATH", folder + "/wandb.yaml"),
        ]
        if let seed = record.seed { variables.append(("SWEEP_SEED", String(seed))) }
        variables += record.environment.map { ($0.name, $0.value) }
        for (name, value) in variables where Self.isName(name) {
            lines.append("export \(name)=\(ShellText.quoted(value))")
        }
        lines.append("exec " + ShellText.line(record.argv.map(argument)))
        return lines.joined(separator: "\n") + "\n"
    }

    /// A path below the code's old place, in its new one.
    private func moved(_ path: String) -> String {
        let root = record.root ?? record.directory
        if path == root { return code }
        return path.hasPrefix(root + "/") ? code + path.dropFirst(root.count) : path
    }

    /// An argument that names a file of the code names the new one. What is not in the patch (an environment of Python's
    /// inside the folder) stays where it was.
    private func argument(_ text: String) -> String {
        guard text.hasPrefix("/") else { return text }
        let new = moved(text)
        return new != text && access(text, X_OK) == 0 && text == record.argv.first ? text : new
    }

    private static func isName(_ name: String) -> Bool {
        name.first?.isNumber == false
            && name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte)
            }
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws(SweepError) {
        guard !bytes.isEmpty else { return }
        let path = "\(folder)/\(name)"
        guard let file = fopen(path, "wxe") else {
            throw SweepError(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        let count = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, count == bytes.count else {
            throw SweepError(.failed, "\(path) cannot be written whole", remedy: "free space there")
        }
    }

    /// Runs a script to its end; what it says goes to `prepare.log`.
    func shell(_ script: String, _ session: Session) throws(SweepError) -> ChildProcess.Ending {
        let child = try ChildProcess(
            "/bin/sh", [script], environment: session.environment,
            log: folder + "/prepare.log", place: .newGroup)
        while true {
            if let ending = child.ending() { return ending }
            usleep(20_000)
        }
    }
}
