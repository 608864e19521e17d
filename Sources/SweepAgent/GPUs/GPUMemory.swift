import Dispatch
import ServiceLifecycle
import SweepWire
import Synchronization

/// How much memory of each slot's GPUs is in use, read beside everything else: a driver that hangs holds up only the slots
/// that wait for it.
package final class GPUMemory: Sendable {
    /// Bytes in use and in all, over the GPUs of a slot.
    package struct Reading: Hashable, Sendable {
        package var used: Int
        package var total: Int
    }

    private enum Source: Sendable {
        case nvml(NVMLSession)
        case nvidiaSMI
    }

    private let source: Source
    /// The GPUs of each slot that is watched. A GPU in several slots tells nothing about any of them.
    private let gpus: [Int: [GPUInfo]]
    /// What was in use before the first trial, or since a person said that this is as it should be.
    private let baselines: Mutex<[Int: Int]>
    private let requests: AsyncStream<Int>
    private let request: AsyncStream<Int>.Continuation
    private let thread = DispatchQueue(label: "sweep.agent.gpu-memory", qos: .utility)

    private init(_ source: Source, _ gpus: [Int: [GPUInfo]]) {
        self.source = source
        self.gpus = gpus
        baselines = Mutex([:])
        (requests, request) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4096))
    }

    /// nil where no slot has a GPU of its own, or nothing tells how much is in use.
    package static func make(
        _ slots: [AgentSlot], vendor: SlotDevices.Vendor, environment: [String: String]
    ) async -> GPUMemory? {
        guard vendor == .nvidia else { return nil }
        let all = slots.flatMap(\.info.gpus).map(\.index)
        let gpus = Dictionary(
            uniqueKeysWithValues: slots.map { ($0.info.index, $0.info.gpus) }.filter { _, gpus in
                !gpus.isEmpty && gpus.allSatisfy { gpu in all.count { $0 == gpu.index } == 1 }
            })
        guard !gpus.isEmpty else { return nil }
        let library = environment["SWEEP_NVML"] ?? "libnvidia-ml.so.1"
        for source in [NVMLSession(library: library).map(Source.nvml), .nvidiaSMI].compactMap({ $0 }) {
            let memory = GPUMemory(source, gpus)
            for slot in gpus.keys.sorted() {
                let used = await memory.read(slot)?.used
                memory.baselines.withLock { $0[slot] = used }
            }
            if memory.baselines.withLock({ !$0.isEmpty }) { return memory }
        }
        return nil
    }

    /// The slot's memory can be read.
    package func watches(_ slot: Int) -> Bool { baselines.withLock { $0[slot] != nil } }

    /// Asks for a reading; `GPUMemoryService` brings it to the agent.
    package func ask(_ slot: Int) { request.yield(slot) }

    package var asked: AsyncStream<Int> { requests }

    /// Whether what is in use is what was in use before the trials, give or take what drivers keep for themselves.
    package func isBack(_ reading: Reading, _ slot: Int) -> Bool {
        baselines.withLock { baselines in
            let baseline = baselines[slot] ?? reading.used
            guard reading.used <= baseline + Self.tolerance(reading.total) else { return false }
            baselines[slot] = min(baseline, reading.used)
            return true
        }
    }

    static func tolerance(_ total: Int) -> Int { max(256 << 20, total / 50) }

    package func baseline(_ slot: Int) -> Int { baselines.withLock { $0[slot] ?? 0 } }

    /// A person says that the slot is as it should be.
    package func accept(_ reading: Reading, _ slot: Int) { baselines.withLock { $0[slot] = reading.used } }

    /// nil when the driver does not answer for one of the slot's GPUs.
    package func read(_ slot: Int) async -> Reading? {
        guard let gpus = gpus[slot] else { return nil }
        switch source {
        case .nvml(let session):
            return await withCheckedContinuation { continuation in
                thread.async { continuation.resume(returning: session.memory(of: gpus)) }
            }
        case .nvidiaSMI: return await NvidiaSMI.memory(of: gpus)
        }
    }
}

/// Brings readings of GPU memory to the agent.
package struct GPUMemoryService: Service {
    private let agent: Agent
    private let memory: GPUMemory

    package init(agent: Agent, memory: GPUMemory) {
        self.agent = agent
        self.memory = memory
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            for await slot in memory.asked {
                let reading = await memory.read(slot)
                await agent.memoryRead(slot, reading)
            }
        }
    }
}
