import Subprocess
package import SweepWire

/// `nvidia-smi`, where NVML cannot be loaded (a container that has only the program).
package enum NvidiaSMI {
    /// Seconds: a driver that hangs must not keep the agent from starting.
    static let timeout = 10

    /// nil when there is no such program or no driver.
    package static func gpus() async -> [GPUInfo]? {
        await withTaskGroup(of: [GPUInfo]??.self) { group in
            group.addTask { .some(await query()) }
            group.addTask {
                try? await Task.sleep(for: .seconds(timeout))
                return .some(nil)
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? nil
        }
    }

    private static func query() async -> [GPUInfo]? {
        let result = try? await Subprocess.run(
            .name("nvidia-smi"),
            arguments: ["--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits"],
            output: .string(limit: 1 << 18), error: .discarded)
        guard let result, result.terminationStatus.isSuccess else { return nil }
        let gpus = parse(result.standardOutput)
        return gpus.isEmpty ? nil : gpus
    }

    /// Lines of `0, GPU-…, NVIDIA A100, 40960`; memory in MiB. A line that is none is left out.
    package static func parse(_ text: String) -> [GPUInfo] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { field in
                String(field.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            guard fields.count >= 4, let index = Int(fields[0]), (0..<1024).contains(index) else { return nil }
            // A name may hold commas; the others do not.
            let memory = fields.last.flatMap { Int($0) }.flatMap { $0 < 1 << 32 ? $0 << 20 : nil }
            return GPUInfo(
                index: index, uuid: fields[1], name: fields[2..<(fields.count - 1)].joined(separator: ", "),
                memory: memory)
        }
    }
}
