import SweepEngine
import SweepModel
import SweepWire

/// What is believed of a peer's words: numbers within the bounds of what they count, names that may be a folder's name.
/// Behind this nothing asks again.
enum PeerRules {
    /// Earlier starts that an agent may name.
    static let maximumReplaced = 16
    static let maximumSlots = 1024
    /// For each slot.
    static let maximumStandbys = 4
    static let maximumHeld = 10_000
    /// Characters of a line that people read.
    static let maximumText = 2_000

    static func agent(_ description: AgentDescription) throws(SweepError) -> ConnectedAgent {
        guard isName(description.id.text), isName(description.incarnation) else {
            throw SweepError(.usage, "an agent's id and incarnation are 1 to 128 letters, digits and -_.")
        }
        guard !description.name.isEmpty, description.name.utf8.count <= 255, description.host.utf8.count <= 255 else {
            throw SweepError(.usage, "an agent's name and host have at most 255 bytes, and the name at least one")
        }
        let places = description.slots.count { $0.standbyFor == nil }
        guard (1...maximumSlots).contains(places), description.slots.count - places <= maximumStandbys * places else {
            throw SweepError(
                .usage,
                "an agent has 1 to \(maximumSlots) slots and at most \(maximumStandbys) standbys for each, not "
                    + "\(places) and \(description.slots.count - places) in all")
        }
        guard description.slots.enumerated().allSatisfy({ $0.offset == $0.element.index }) else {
            throw SweepError(.usage, "slots are numbered from 0 in order")
        }
        guard
            description.slots.compactMap(\.standbyFor).allSatisfy({
                description.slots.indices.contains($0) && description.slots[$0].standbyFor == nil
            })
        else { throw SweepError(.usage, "a standby is one of a slot of its agent, which is no standby itself") }
        guard description.held.count <= maximumHeld else {
            throw SweepError(.usage, "an agent holds at most \(maximumHeld) attempts, not \(description.held.count)")
        }
        return ConnectedAgent(
            id: description.id, incarnation: description.incarnation, name: description.name, host: description.host,
            slots: description.slots.map {
                ConnectedAgent.Slot(
                    label: $0.label, gpuCount: $0.gpus.count, gpu: gpuName($0.gpus), standbyFor: $0.standbyFor)
            },
            sweep: description.sweep,
            held: description.held.map { ConnectedAgent.Held(attempt: $0.attempt, slot: $0.slot, alive: $0.alive) })
    }

    /// Those that can be: an agent that says nonsense of its GPUs is no reason for an alert.
    static func checked(_ heat: [SlotHeat]) -> [SlotHeat] {
        heat.prefix(maximumSlots).filter { $0.degrees.isFinite && (0...200).contains($0.degrees) }
    }

    private static func gpuName(_ gpus: [GPUInfo]) -> String? {
        let names = gpus.compactMap(\.name)
        guard let first = names.first else { return nil }
        return names.count == 1 ? first : "\(names.count) × \(first)"
    }

    /// An id that may become a part of a path.
    static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: ".")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// From 1970 to the year 9999: differences of such times cannot overflow.
    static func check(_ time: Timestamp) throws(SweepError) {
        guard (0...253_402_300_799_999).contains(time.milliseconds) else {
            throw SweepError(.usage, "\(time.milliseconds) is no time in milliseconds since 1970")
        }
    }

    static func check(_ chunk: LogChunk) throws(SweepError) {
        // 2^50: no log is that long, and sums of such offsets cannot overflow.
        guard (0...(1 << 50)).contains(chunk.offset), (0...(1 << 50)).contains(chunk.skipped ?? 0) else {
            throw SweepError(.usage, "offset \(chunk.offset) is no place in a log")
        }
        guard isName(chunk.attempt.sweep.text), chunk.attempt.number >= 1 else {
            throw SweepError(.usage, "'\(chunk.attempt.trial.description.prefix(80))' is no attempt")
        }
    }

    static func checked(_ end: AttemptEnd) throws(SweepError) -> AttemptEnd {
        try check(end.started)
        try check(end.ended)
        if let signal = end.signal, !(1...128).contains(signal) {
            throw SweepError(.usage, "\(signal) is no signal")
        }
        if let code = end.exitCode, !(-256...256).contains(code) {
            throw SweepError(.usage, "\(code) is no exit code")
        }
        if let memory = end.peakMemory, memory < 0 { throw SweepError(.usage, "\(memory) is no size in bytes") }
        var end = end
        end.lastLine = end.lastLine.map { String($0.prefix(maximumText)) }
        end.launchError = end.launchError.map { String($0.prefix(maximumText)) }
        end.lost = end.lost.map { String($0.prefix(maximumText)) }
        return end
    }
}
