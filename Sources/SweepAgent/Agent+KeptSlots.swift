import SweepModel
import SweepWire

/// A slot that is not offered although nothing runs on it.
struct KeptSlot: Hashable {
    var since: Instant
    var askedAt: Instant
    /// What the controller was told.
    var problem: String?
    /// A person wants it back whatever is read next.
    var isReleased = false
}

/// Slots that are held back: while their GPUs' memory is not back, and while the disk is full.
extension Agent {
    /// Seconds after a trial's end after which memory that is still in use is somebody's fault, and shown.
    static let memoryPatience = 2.0

    /// A trial on the slot has ended. Its processes are gone; the driver may take a moment longer.
    func keepUntilMemoryIsBack(_ slot: Int) {
        guard let memory = configuration.gpuMemory, memory.watches(slot) else { return }
        let now = clock().instant
        keeping[slot] = KeptSlot(since: now, askedAt: now)
        memory.ask(slot)
    }

    /// - Parameter reading: nil: the driver does not answer.
    package func memoryRead(_ slot: Int, _ reading: GPUMemory.Reading?) {
        guard exitCode == nil, let memory = configuration.gpuMemory, let kept = keeping[slot] else { return }
        let now = clock()
        if let reading, kept.isReleased { memory.accept(reading, slot) }
        guard let reading, memory.isBack(reading, slot) else {
            guard now.instant.seconds(since: kept.since) >= Self.memoryPatience else { return }
            let problem =
                reading.map { reading in
                    "\(Self.mebibytes(reading.used)) of its GPU memory are in use, \(Self.mebibytes(memory.baseline(slot))) "
                        + "were before its trials; see nvidia-smi for whose they are"
                } ?? "its GPU driver does not answer; see nvidia-smi"
            guard kept.problem != problem else { return }
            if kept.problem == nil { say("\(label(slot)) is kept out: \(problem)") }
            keeping[slot]?.problem = problem
            send(.slot(slot, problem: problem))
            return flush()
        }
        keeping[slot] = nil
        if kept.problem != nil {
            say("\(label(slot)) is used again")
            send(.slot(slot, problem: nil))
        }
        startStandby(of: slot, now: now)
        offerSlots()
        flush()
    }

    private static func mebibytes(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }

    /// A person wants the slot used again.
    func release(_ slot: Int) {
        guard keeping[slot] != nil else { return }
        keeping[slot]?.isReleased = true
        configuration.gpuMemory?.ask(slot)
    }

    /// Asks again for what is held back.
    func lookAtSlots(now: Now) {
        for (slot, kept) in keeping {
            let pause = now.instant.seconds(since: kept.since) < Self.memoryPatience ? 0.1 : 1
            guard now.instant.seconds(since: kept.askedAt) >= pause else { continue }
            keeping[slot]?.askedAt = now.instant
            configuration.gpuMemory?.ask(slot)
        }
        if diskLookedAt.map({ now.instant.seconds(since: $0) >= 1 }) ?? true { lookAtDisk(now: now) }
    }

    /// On a full disk nothing is begun: the trial would fail without being at fault.
    func lookAtDisk(now: Now) {
        diskLookedAt = now.instant
        if let until = noRoomUntil, now.instant >= until { noRoomUntil = nil }
        let isFull = noRoomUntil != nil || DiskSpace.isFull(configuration.folder)
        guard isFull != (diskProblem != nil) else { return }
        diskProblem = isFull ? "the disk of \(configuration.folder) is full" : nil
        say(isFull ? "\(diskProblem ?? ""): no new trials until there is space" : "there is space on the disk again")
        // What was offered may still be assigned, and is then declined.
        tellSlotProblems(all: true)
        if !isFull { for index in slots.indices where slots[index] == .offered { slots[index] = .free } }
        offerSlots()
    }

    /// - Parameter all: also those that have none: they had one before.
    func tellSlotProblems(all: Bool = false) {
        guard link != nil else { return }
        for index in configuration.slots.indices {
            let problem = keeping[index]?.problem ?? diskProblem
            if all || problem != nil { send(.slot(index, problem: problem)) }
        }
    }
}
