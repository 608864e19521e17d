import Glibc
package import SweepModel

/// The second line of `run.lock`: how a trial ended, in the shim's words.
package struct ExitRecord: Hashable, Sendable {
    /// Why the trainer was never started.
    package struct StartError: Hashable, Sendable {
        /// `exec`, `chdir`, `fork`, `launch` or `redirect`.
        package var step: String
        /// An errno.
        package var number: Int32

        package init(step: String, number: Int32) {
            self.step = step
            self.number = number
        }
    }

    package var code: Int?
    package var signal: Int?
    package var error: StartError?
    package var started: Timestamp
    package var ended: Timestamp
    /// Bytes.
    package var peakMemory: Int
    package var cpuSeconds: Double
    /// Processes that the trainer left and that were killed.
    package var swept: Int

    /// nil while the trial runs, and for ever when its shim was killed.
    package static func read(_ folder: AttemptFolder) -> ExitRecord? {
        guard let bytes = DiskFile.read(folder.lock, limit: 1 << 12), let first = bytes.firstIndex(of: 0x0A),
            bytes.last == 0x0A, let value = try? JSONParser.parse(Array(bytes[(first + 1)...]))
        else { return nil }
        func int(_ key: String) -> Int? {
            if case .int(let number)? = value[key] { number } else { nil }
        }
        guard let code = int("code"), let signal = int("signal"),
            let errno = int("errno").flatMap(Int32.init(exactly:)),
            let started = int("started"), let ended = int("ended")
        else { return nil }
        return ExitRecord(
            code: code >= 0 ? code : nil, signal: signal > 0 ? signal : nil,
            error: errno == 0 ? nil : StartError(step: value["step"]?.string ?? "", number: errno),
            started: Timestamp(milliseconds: Int64(started)), ended: Timestamp(milliseconds: Int64(ended)),
            peakMemory: int("peakMemory") ?? 0, cpuSeconds: Double(int("cpuMicroseconds") ?? 0) / 1e6,
            swept: int("swept") ?? 0)
    }

    /// The start error in a person's words.
    package func launchError(_ argv: [String], directory: String) -> String? {
        guard let error else { return nil }
        let reason = String(cString: strerror(error.number))
        let program = argv.first ?? ""
        switch (error.step, error.number) {
        case ("exec", ENOEXEC):
            return "program '\(program)' has no format that the system can execute; give it a first line such as "
                + "'#!/bin/sh', or put its interpreter first in 'command'"
        case ("exec", ENOENT):
            return
                "program '\(program)' cannot be executed: \(reason); it, or the interpreter in its first line, is missing"
        case ("exec", EACCES):
            return "program '\(program)' cannot be executed: \(reason); run 'chmod +x' on it"
        case ("exec", E2BIG):
            return "the command's arguments and environment are larger than the system takes; pass the parameters by "
                + "file (${args_json_file} or $SWEEP_PARAMS_FILE)"
        case ("exec", _): return "program '\(program)' cannot be executed: \(reason)"
        case ("chdir", _): return "the working directory '\(directory)' cannot be entered: \(reason)"
        case ("fork", _): return "the trial cannot be started: \(reason); see 'ulimit -u' and the free memory"
        case ("redirect", _): return "the trial's output.log cannot be opened: \(reason)"
        default: return "the trial's launch file cannot be read: \(reason)"
        }
    }
}
