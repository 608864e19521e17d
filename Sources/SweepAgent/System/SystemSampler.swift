import Dispatch
import Glibc
import SweepModel
import Synchronization

/// System metrics of running trials, every two seconds, on a queue of its own: a driver that hangs holds up nothing but
/// these. The agent says which trials run; each of them gets lines under W&B's names (`system.cpu`, `system.gpu.0.gpu`).
package final class SystemSampler: Sendable {
    static let interval = 2.0
    static let standardLibrary = "libnvidia-ml.so.1"

    struct Target: Sendable {
        var attempt: AttemptID
        /// The shim: the root of the trial's processes.
        var process: Int32
        /// NVIDIA's numbers of its GPUs.
        var gpus: [Int]
    }

    struct Sample: Sendable {
        var attempt: AttemptID
        var time: Timestamp
        var values: [(name: String, value: Double)]
    }

    /// Of one trial, between two samples.
    private struct Past {
        var usage = ProcessUsage()
        var time: UInt64
        var network: (received: Double, sent: Double)
    }

    let samples: AsyncStream<[Sample]>
    private let continuation: AsyncStream<[Sample]>.Continuation
    private let targets = Mutex<[AttemptID: Target]>([:])
    private let queue = DispatchQueue(label: "sweep.agent.system", qos: .utility)
    private let work: Mutex<Work>

    /// Confined to the queue; the lock is never waited for.
    private struct Work: ~Copyable {
        var pasts: [AttemptID: Past] = [:]
        var nvml: NVMLSession?
        var hasLooked = false
        var library: String
    }

    /// - Parameter library: NVML's.
    package init(library: String = standardLibrary) {
        (samples, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4))
        work = Mutex(Work(library: library))
    }

    func begin(_ target: Target) { targets.withLock { $0[target.attempt] = target } }
    func end(_ attempt: AttemptID) { targets.withLock { _ = $0.removeValue(forKey: attempt) } }

    /// Looks once, on the queue; called every two seconds. A look that takes longer is not waited for.
    func look(time: Timestamp) {
        let targets = targets.withLock { Array($0.values) }
        guard !targets.isEmpty else { return }
        queue.async { self.take(targets, time) }
    }

    func finish() { continuation.finish() }

    private func take(_ targets: [Target], _ time: Timestamp) {
        work.withLock { work in
            if !work.hasLooked, targets.contains(where: { !$0.gpus.isEmpty }) {
                work.hasLooked = true
                work.nvml = NVMLSession(library: work.library)
            }
            let known = Set(targets.map(\.attempt))
            work.pasts = work.pasts.filter { known.contains($0.key) }
            let machine = Self.machine()
            let network = MachineUsage.network()
            var gpus: [Int: [(name: String, value: Double)]] = [:]
            for index in Set(targets.flatMap(\.gpus)) { gpus[index] = work.nvml?.sample(index) ?? [] }
            let now = DispatchTime.now().uptimeNanoseconds
            var samples: [Sample] = []
            for target in targets {
                let isFirst = work.pasts[target.attempt] == nil
                var past = work.pasts[target.attempt] ?? Past(time: now, network: network)
                let usage = past.usage.sample(ProcessTree.descendants(of: target.process))
                let seconds = Double(now &- past.time) / 1e9
                past.time = now
                work.pasts[target.attempt] = past
                // The first look is where differences begin.
                if isFirst { continue }
                var values = Self.process(usage, seconds: seconds, totalMemory: machine.memory) + machine.values
                values.append(("system.network.recv", network.received - past.network.received))
                values.append(("system.network.sent", network.sent - past.network.sent))
                for index in target.gpus {
                    values += (gpus[index] ?? []).map { ("system.gpu.\(index).\($0.name)", $0.value) }
                }
                samples.append(Sample(attempt: target.attempt, time: time, values: values))
            }
            if !samples.isEmpty { continuation.yield(samples) }
        }
    }

    private static func process(
        _ usage: ProcessUsage.Sample, seconds: Double, totalMemory: Double?
    ) -> [(name: String, value: Double)] {
        var values = [
            ("system.cpu", seconds > 0 ? 100 * usage.cpuSeconds / seconds / MachineUsage.processors : 0),
            ("system.proc.cpu.threads", usage.threads),
            ("system.proc.memory.rssMB", usage.resident / 1_048_576),
            ("system.disk.in", usage.read / 1_048_576), ("system.disk.out", usage.written / 1_048_576),
        ]
        if let totalMemory { values.append(("system.proc.memory.percent", 100 * usage.resident / totalMemory)) }
        return values
    }

    private static func machine() -> (values: [(name: String, value: Double)], memory: Double?) {
        var values: [(name: String, value: Double)] = []
        let memory = MachineUsage.memory()
        if let memory {
            values.append(("system.memory_percent", 100 * (memory.total - memory.available) / memory.total))
            values.append(("system.proc.memory.availableMB", memory.available / 1_048_576))
        }
        if let disk = MachineUsage.disk() {
            values.append(("system.disk./.usagePercent", disk.percent))
            values.append(("system.disk./.usageGB", disk.used / 1_073_741_824))
        }
        return (values, memory?.total)
    }
}
