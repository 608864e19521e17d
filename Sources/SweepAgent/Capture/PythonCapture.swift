import Glibc
import SweepModel

/// The Python that a trial runs with, and what is installed in it. Packages are read from their own metadata: pip would
/// take seconds.
package struct PythonCapture: Sendable {
    static let maximumPackages = 5000

    var executable: String
    var version: String?
    var implementation: String?
    /// `name==version` lines.
    var requirements: [String] = [] {
        didSet { requirementsFile = Array((requirements.joined(separator: "\n") + "\n").utf8) }
    }
    /// The same as a file, for all trials once.
    private(set) var requirementsFile: [UInt8] = []
    /// Of a conda environment: its name and `name=version=build` of each package.
    var conda: (name: String, packages: [String])?

    /// nil where no Python can be found for the command.
    static func take(
        _ executable: String, argv: [String], directory: String, environment: [String: String],
        files: FileLookup = .disk
    ) async -> PythonCapture? {
        guard
            let python = interpreter(
                executable, directory: directory, path: environment["PATH"], files: files)
        else { return nil }
        var variables = environment
        // Nothing of the trial's own is to be imported by a question.
        for name in ["PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONBREAKPOINT"] { variables[name] = nil }
        let question =
            "import sys, sysconfig as s; print(sys.version.split()[0]); print(sys.implementation.name); "
            + "print(sys.executable); print(sys.prefix); print(s.get_path('purelib')); print(s.get_path('platlib'))"
        guard let answer = await HelperProgram.text(python, ["-I", "-S", "-c", question], environment: variables) else {
            return PythonCapture(executable: python)
        }
        let lines = answer.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 6 else { return PythonCapture(executable: python) }
        var capture = PythonCapture(executable: lines[2].isEmpty ? python : lines[2])
        capture.version = lines[0]
        capture.implementation = lines[1]
        var places = [lines[4], lines[5]]
        if let home = environment["HOME"] {
            let short = lines[0].split(separator: ".").prefix(2).joined(separator: ".")
            places.append("\(home)/.local/lib/python\(short)/site-packages")
        }
        places += (environment["PYTHONPATH"] ?? "").split(separator: ":").map(String.init)
        capture.requirements = requirements(in: places)
        capture.conda = condaPackages(prefix: lines[3], environment: environment)
        return capture
    }

    /// The interpreter of the command: its program where that is one, the one that a script's first line names, else the
    /// first `python` of the trial's PATH (a shell script runs that one, mostly).
    package static func interpreter(_ executable: String, directory: String, path: String?, files: FileLookup)
        -> String?
    {
        func isPython(_ path: String) -> Bool { path.split(separator: "/").last?.hasPrefix("python") == true }
        if isPython(executable) { return executable }
        if let head = DiskFile.read(executable, limit: 256), head.starts(with: Array("#!".utf8)) {
            let words = String(decoding: head.dropFirst(2).prefix { $0 != 0x0A }, as: UTF8.self).split(separator: " ")
            if let first = words.first, isPython(String(first)) { return String(first) }
            if let second = words.dropFirst().first, isPython(String(second)),
                case .found(let found) = files.program(String(second), path: path, directory: directory)
            {
                return found
            }
        }
        for name in ["python", "python3"] {
            if case .found(let found) = files.program(name, path: path, directory: directory) { return found }
        }
        return nil
    }

    package static func requirements(in folders: [String]) -> [String] {
        var seen: Set<String> = []
        var lines: [String] = []
        for folder in folders where !folder.isEmpty && seen.insert(folder).inserted {
            for name in DiskFile.names(in: folder).sorted() where lines.count < maximumPackages {
                let file =
                    name.hasSuffix(".dist-info") ? "METADATA" : name.hasSuffix(".egg-info") ? "PKG-INFO" : nil
                guard let file, let line = requirement(of: "\(folder)/\(name)", file) else { continue }
                lines.append(line)
            }
        }
        return Array(Set(lines)).sorted { $0.lowercased() < $1.lowercased() }
    }

    /// `name==version`, or `name @ git+URL@COMMIT` where pip has noted that (PEP 610).
    private static func requirement(of folder: String, _ file: String) -> String? {
        guard let bytes = DiskFile.read("\(folder)/\(file)", limit: 4096) else { return nil }
        var name: String?
        var version: String?
        for line in bytes.split(separator: 0x0A, maxSplits: 60) {
            let text = String(decoding: line.prefix(300), as: UTF8.self)
            if name == nil, text.hasPrefix("Name: ") { name = String(text.dropFirst(6).filter { $0 != "\r" }) }
            if version == nil, text.hasPrefix("Version: ") { version = String(text.dropFirst(9).filter { $0 != "\r" }) }
            if name != nil, version != nil { break }
        }
        guard let name, let version else { return nil }
        if let bytes = DiskFile.read("\(folder)/direct_url.json", limit: 1 << 14),
            let direct = try? JSONParser.parse(bytes), let url = direct["url"]?.string, let vcs = direct["vcs_info"],
            let commit = vcs["commit_id"]?.string
        {
            return "\(name) @ \(vcs["vcs"]?.string ?? "git")+\(GitCapture.withoutSecrets(url))@\(commit)"
        }
        return "\(name)==\(version)"
    }

    private static func condaPackages(
        prefix: String, environment: [String: String]
    ) -> (name: String, packages: [String])? {
        let names = DiskFile.names(in: prefix + "/conda-meta").filter { $0.hasSuffix(".json") }
        guard !names.isEmpty else { return nil }
        let packages = names.prefix(maximumPackages).compactMap { file -> String? in
            let parts = file.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count >= 3 else { return nil }
            let name = parts.dropLast(2).joined(separator: "-")
            return "\(name)=\(parts[parts.count - 2])=\(parts[parts.count - 1])"
        }
        let name = environment["CONDA_DEFAULT_ENV"] ?? prefix.split(separator: "/").last.map(String.init) ?? "base"
        return (name, packages.sorted())
    }

    /// For `conda env create -f`.
    var condaEnvironment: String? {
        guard let conda else { return nil }
        return "name: \(conda.name)\ndependencies:\n" + conda.packages.map { "  - \($0)\n" }.joined()
    }
}
