import Glibc
import SweepModel
import SweepWire

/// What `sweep doctor` learns by starting other programs, each with a limit of time: GPU tools, Python, `agent`.
struct ProgramCheckup: Sendable {
    var session: Session

    func findings() async -> [Finding] {
        [await clock(), await gpus(), await python(), await agent()].compactMap { $0 }
    }

    /// nil where nothing can tell.
    private func clock() async -> Finding? {
        guard let path = find("timedatectl") else { return nil }
        let answer = await run(path, ["show", "-p", "NTPSynchronized", "--value"])
        guard answer.isGood, answer.text.hasPrefix("no") else { return nil }
        return Finding(
            "time server", .warning, "nothing keeps the clock right (it is not synchronised)",
            remedy: "timedatectl set-ntp true; deadlines do not depend on it, times that are shown do")
    }

    private func gpus() async -> Finding {
        let program = AgentProgram(session: session)
        if program.gpus > 0 || find("nvidia-smi") != nil { return await nvidia(devices: program.gpus) }
        if access("/dev/kfd", F_OK) == 0 { return Finding("GPUs", .ok, "AMD GPUs (/dev/kfd)") }
        return Finding("GPUs", .ok, "none: agents run trials on the CPU here")
    }

    private func nvidia(devices: Int) async -> Finding {
        let library = dlopen("libnvidia-ml.so.1", RTLD_LAZY)
        if let library { dlclose(library) }
        guard find("nvidia-smi") != nil || library != nil else {
            return Finding(
                "GPUs", .problem,
                "/dev has \(devices) NVIDIA GPU(s), but neither nvidia-smi nor libnvidia-ml is there",
                remedy: "install the driver's tools (nvidia-utils), or start the container with --gpus all")
        }
        guard let path = find("nvidia-smi") else {
            return Finding("GPUs", .ok, "\(devices) NVIDIA GPU(s)")
        }
        let answer = await run(path, ["-L"])
        let names = answer.text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("GPU ") }
        guard answer.isGood, !names.isEmpty else {
            let line = answer.text.split(whereSeparator: \.isNewline).first.map { ": \($0)" } ?? ""
            return Finding(
                "GPUs", .problem, "nvidia-smi shows none\(line.prefix(200))",
                remedy:
                    "see that the kernel's driver and its library are of one version (restart the machine after an update)"
            )
        }
        return Finding("GPUs", .ok, "\(names.count) NVIDIA GPU(s)")
    }

    private func python() async -> Finding {
        guard let path = find("python") ?? find("python3") else {
            return Finding(
                "Python", .warning, "neither python nor python3 is in the PATH",
                remedy:
                    "install it, or activate its environment before you start agents; only Python sweeps need it"
            )
        }
        let answer = await run(path, ["--version"])
        let version = answer.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return answer.isGood
            ? Finding("Python", .ok, "\(version.prefix(40)) (\(path))")
            : Finding(
                "Python", .problem, "\(path) does not start",
                remedy: "mend it, or put another one first in the PATH")
    }

    private func agent() async -> Finding {
        guard let path = AgentProgram(session: session).path else {
            return Finding(
                "agent", .warning, "the program 'agent' is neither beside 'sweep' nor in the PATH",
                remedy: "put it there; 'sweep run' needs it")
        }
        let answer = await run(path, ["--version"])
        let version = answer.text.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
        guard answer.isGood, version == SweepBuild.version else {
            return Finding(
                "agent", .problem,
                "\(path) is of version '\(version.prefix(40))', and 'sweep' of \(SweepBuild.version)",
                remedy: "install both of the same version")
        }
        return Finding("agent", .ok, "version \(version) (\(path))")
    }

    private func find(_ name: String) -> String? {
        for folder in (session.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        where folder.hasPrefix("/") {
            let path = "\(folder)/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        return nil
    }

    private struct Answer {
        var isGood: Bool
        var text: String
    }

    /// Runs a program for ten seconds at most, and reads the first 64 KiB of what it prints.
    private func run(_ path: String, _ arguments: [String]) async -> Answer {
        var template = Array("/tmp/sweep-doctor-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { return Answer(isGood: false, text: "") }
        close(descriptor)
        let log = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(log) }
        guard
            let child = try? ChildProcess(
                path, arguments, environment: session.environment, log: log, place: .newGroup)
        else { return Answer(isGood: false, text: "") }
        let deadline = ContinuousClock.now + .seconds(10)
        while child.ending() == nil {
            guard ContinuousClock.now < deadline else {
                child.send(SIGKILL)
                return Answer(isGood: false, text: "it did not end within 10 s")
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return Answer(
            isGood: child.ending() == .exit(0),
            text: LogTail.read(log, lines: 100).joined(separator: "\n"))
    }
}
