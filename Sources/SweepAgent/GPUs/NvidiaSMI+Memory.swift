import Subprocess
import SweepWire

extension NvidiaSMI {
    /// Memory in use over these GPUs; nil when the program does not answer for one of them.
    static func memory(of gpus: [GPUInfo]) async -> GPUMemory.Reading? {
        await withTaskGroup(of: GPUMemory.Reading?.self) { group in
            group.addTask { await usage(of: gpus) }
            group.addTask {
                try? await Task.sleep(for: .seconds(timeout))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private static func usage(of gpus: [GPUInfo]) async -> GPUMemory.Reading? {
        let result = try? await Subprocess.run(
            .name("nvidia-smi"),
            arguments: ["--query-gpu=index,memory.used,memory.total", "--format=csv,noheader,nounits"],
            output: .string(limit: 1 << 18), error: .discarded)
        guard let result, result.terminationStatus.isSuccess else { return nil }
        return sum(result.standardOutput, of: gpus)
    }

    /// Lines of `0, 3, 40960`: index, MiB in use, MiB in all.
    static func sum(_ text: String, of gpus: [GPUInfo]) -> GPUMemory.Reading? {
        var readings: [Int: GPUMemory.Reading] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let fields = line.split(separator: ",").map { Int(String($0.filter { $0 != " " })) }
            guard fields.count == 3, let index = fields[0], let used = fields[1], let total = fields[2],
                (0..<(1 << 30)).contains(used), (0..<(1 << 30)).contains(total)
            else { continue }
            readings[index] = .init(used: used << 20, total: total << 20)
        }
        var sum = GPUMemory.Reading(used: 0, total: 0)
        for gpu in gpus {
            guard let reading = readings[gpu.index] else { return nil }
            sum.used += reading.used
            sum.total += reading.total
        }
        return sum
    }
}
