import FoundationEssentials
import Subprocess

/// A program that is asked something and answers within seconds: git, python.
enum HelperProgram {
    /// Its output; nil when it cannot be started, fails, says more than `limit` bytes, or takes longer than `seconds`.
    static func output(
        _ program: String, _ arguments: [String], environment: [String: String], limit: Int, seconds: Double = 10
    ) async -> [UInt8]? {
        await withTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { await run(program, arguments, environment, limit) }
            group.addTask {
                try? await Task.sleep(for: .seconds(seconds))
                return nil
            }
            let first = await group.next() ?? nil
            // The other one: the program is ended with its task.
            group.cancelAll()
            return first
        }
    }

    static func text(
        _ program: String, _ arguments: [String], environment: [String: String], limit: Int = 1 << 16
    ) async -> String? {
        await output(program, arguments, environment: environment, limit: limit).map { bytes in
            var text = String(decoding: bytes, as: UTF8.self)
            while text.last?.isNewline == true { text.removeLast() }
            return text
        }
    }

    private static func run(
        _ program: String, _ arguments: [String], _ environment: [String: String], _ limit: Int
    ) async -> [UInt8]? {
        var variables: [Environment.Key: String] = [:]
        // What tells a trial's processes is not passed on: this is none of them.
        for (name, value) in environment where !name.hasPrefix("SWEEP_") {
            variables[Environment.Key(stringLiteral: name)] = value
        }
        // By env(1), which takes a path as well as a name.
        let result = try? await Subprocess.run(
            .name("env"), arguments: Arguments([program] + arguments), environment: .custom(variables),
            output: .bytes(limit: limit), error: .discarded)
        guard let result, result.terminationStatus.isSuccess else { return nil }
        return result.standardOutput
    }
}
