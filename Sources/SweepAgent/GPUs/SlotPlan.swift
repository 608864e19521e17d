package import SweepModel
import SweepWire

/// The command line's `--gpu` and `--slots`, and the machine's GPUs, to slots.
package struct SlotPlan: Hashable, Sendable {
    package var slots: [AgentSlot]
    /// What a person should know.
    package var notes: [String]

    static let maximumSlots = 1024

    /// A GPU as programs of this session see it.
    private struct Visible {
        /// The entry for `CUDA_VISIBLE_DEVICES`.
        var entry: String
        var info: GPUInfo
    }

    /// - Parameters:
    ///   - gpus: each `--gpu`: `0`, `0,1` (one slot with both), or `all` (a slot each).
    ///   - cpus: `--slots`: slots without a GPU, in place of `gpus`.
    ///   - outer: `CUDA_VISIBLE_DEVICES` as the agent found it (Slurm sets it). GPUs are then counted within it, as every
    ///     CUDA program counts, and its trials get its entries.
    package static func make(
        gpus: [String], cpus: Int?, inventory: GPUInventory, outer: String?
    ) throws(SweepError) -> SlotPlan {
        var notes: [String] = []
        let visible = visible(inventory, outer)
        if let cpus {
            guard gpus.isEmpty else {
                throw SweepError(
                    .usage, "--slots and --gpu together: --slots counts slots without a GPU",
                    remedy: "give one of them, or start two agents with different --name")
            }
            guard (1...maximumSlots).contains(cpus) else {
                throw SweepError(.usage, "--slots \(cpus) is not between 1 and \(maximumSlots)", remedy: "mend --slots")
            }
        }
        var sets: [[Visible]] = []
        if gpus.isEmpty, cpus == nil {
            sets = visible.isEmpty ? [[]] : visible.map { [$0] }
            if visible.isEmpty { notes.append("no GPU found: one slot on the CPU (more with --slots N)") }
        }
        for text in gpus {
            if text == "all" {
                guard !visible.isEmpty else {
                    throw SweepError(
                        .usage, "--gpu all: this machine has no GPU", remedy: "leave --gpu out to use its CPU")
                }
                sets += visible.map { [$0] }
            } else {
                sets.append(try set(text, visible, inventory, &notes))
            }
        }
        sets += Array(repeating: [], count: cpus ?? 0)
        guard sets.count <= maximumSlots else {
            throw SweepError(.usage, "over \(maximumSlots) slots", remedy: "start several agents with --name")
        }
        let entries = sets.flatMap { $0.map(\.entry) }
        if Set(entries).count < entries.count { notes.append("a GPU is in several slots: their trials share it") }
        let slots = sets.enumerated().map { index, set in
            AgentSlot(
                info: SlotInfo(index: index, gpus: set.map(\.info)),
                devices: SlotDevices(vendor: inventory.vendor, entries: set.map(\.entry)))
        }
        return SlotPlan(slots: slots, notes: notes)
    }

    private static func set(
        _ text: String, _ visible: [Visible], _ inventory: GPUInventory, _ notes: inout [String]
    ) throws(SweepError) -> [Visible] {
        var set: [Visible] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part), (0..<1024).contains(number) else {
                throw SweepError(
                    .usage, "--gpu \(text): '\(part)' is no number of a GPU",
                    remedy: "give --gpu 0, --gpu 0,1 or --gpu all")
            }
            if visible.isEmpty {
                // Such a machine may still have one that no tool of ours sees.
                notes.append("no GPU found: trials get CUDA_VISIBLE_DEVICES=\(text) all the same")
                set.append(Visible(entry: String(number), info: GPUInfo(index: number)))
            } else if visible.indices.contains(number) {
                set.append(visible[number])
            } else {
                let list = visible.enumerated().map { "\($0) (\($1.info.name ?? "GPU"))" }.joined(separator: ", ")
                throw SweepError(
                    .usage, "--gpu \(number): there is no such GPU; there are \(list)",
                    remedy: "give one of these, or --gpu all")
            }
        }
        guard Set(set.map(\.entry)).count == set.count else {
            throw SweepError(.usage, "--gpu \(text) names a GPU twice", remedy: "name each once")
        }
        return set
    }

    private static func visible(_ inventory: GPUInventory, _ outer: String?) -> [Visible] {
        guard let outer else { return inventory.gpus.map { Visible(entry: String($0.index), info: $0) } }
        var visible: [Visible] = []
        for part in outer.split(separator: ",") {
            let entry = String(part.filter { $0 != " " })
            if let number = Int(entry) {
                // As CUDA reads it: the first entry that is no device ends the list.
                guard number >= 0 else { break }
                let info = inventory.gpus.first { $0.index == number } ?? GPUInfo(index: number)
                if !inventory.gpus.isEmpty, !inventory.gpus.contains(where: { $0.index == number }) { break }
                visible.append(Visible(entry: entry, info: info))
            } else {
                let info = inventory.gpus.first { $0.uuid?.hasPrefix(entry) == true }
                visible.append(Visible(entry: entry, info: info ?? GPUInfo(index: visible.count, uuid: entry)))
            }
        }
        return visible
    }
}
