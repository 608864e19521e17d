import FoundationEssentials
import Logging
import NIOPosix
import SweepModel
import SweepStore
import SweepWire
import Synchronization

/// Writes the log chunks that agents ship, on a thread of its own: a slow disk delays logs, never the engine.
///
/// Only chunks of an attempt that this controller gave to that agent are taken. A chunk for which there is no space is not
/// taken, and comes again; one that cannot be written for another reason is a gap in the copy: a training's output is not worth
/// holding up its results.
final class LogIntake: Sendable {
    /// Most log files open at once: those of attempts that live, and of them those that grew last.
    private static let maximumOpen = 128
    /// Seconds after which a log that does not grow is closed; it is opened again when it does.
    private static let maximumIdle = 60.0
    /// Most files whose refusal is remembered; of others a hole is told.
    private static let maximumRefused = 10_000

    private struct File: Hashable {
        var attempt: AttemptID
        var name: String
    }

    private struct OpenLog {
        var log: AttemptLog
        var grewAt: Instant
    }

    private struct State: ~Copyable {
        var logs: [File: OpenLog] = [:]
        var lastComplaint: SweepError?
        /// Those of which something was not taken for want of space: what follows it is not taken before it, which would
        /// leave a hole.
        var refused: Set<File> = []
    }

    private let home: SweepHome
    private let store: Store
    private let hub: ChangeHub
    private let maximum: Int
    private let logger: Logger
    /// nil where it cannot be opened: then each file is one.
    private let shelf: RecordShelf?
    private let thread = NIOThreadPool(numberOfThreads: 1)
    /// Held by the one thread alone.
    private let state = Mutex(State())
    private let owners = Mutex(AttemptOwners())

    init(home: SweepHome, store: Store, hub: ChangeHub, maximum: Int, logger: Logger) {
        self.home = home
        self.store = store
        self.hub = hub
        self.maximum = maximum
        self.logger = logger
        do throws(SweepError) {
            shelf = try RecordShelf(home.records)
        } catch {
            logger.error("records are kept as files for now: \(error)")
            shelf = nil
        }
        thread.start()
    }

    /// Takes one chunk; `logged` is said once it is in the file.
    func take(_ chunk: LogChunk, from agent: AgentID, _ connection: PeerConnection, cost: Int) {
        thread.submit { [self] work in
            guard work == .active else {
                connection.send([], finishing: cost)
                return
            }
            let kept = write(chunk, from: agent)
            connection.send([.agent(.logged(chunk.attempt, offset: kept, file: chunk.file))], finishing: cost)
            if chunk.file == nil || chunk.file == RecordFileName.outputTimes { hub.logGrew(chunk.attempt) }
        }
    }

    /// These changes are durable: whose logs are taken from now on, and which need not stay open.
    func committed(_ changes: [Change]) {
        let ended = owners.withLock { $0.note(changes) }
        guard !ended.isEmpty else { return }
        thread.submit { [self] _ in
            state.withLock { state in
                for file in state.logs.keys where ended.contains(file.attempt) { state.logs[file] = nil }
            }
        }
    }

    /// Closes the logs that have not grown for long.
    func closeIdle(now: Instant) {
        guard owners.withLock({ $0.hasOpenLogs }) else { return }
        thread.submit { [self] _ in
            state.withLock { state in
                for (file, open) in state.logs where now.seconds(since: open.grewAt) > Self.maximumIdle {
                    close(file, &state)
                }
            }
        }
    }

    /// How much of an attempt's output is kept.
    func size(of attempt: AttemptID) -> Int {
        PeerRules.isName(attempt.sweep.text) ? AttemptLog.size(in: home.runFolder(attempt)) : 0
    }

    /// A small file of an attempt's record; nil where it has none of that name, or a large one, which is a file. Blocks.
    func shelved(_ attempt: AttemptID, _ name: String) throws(SweepError) -> [UInt8]? {
        try shelf?.bytes(attempt, name)
    }

    /// Removes a sweep's folder, after what is on its way into it.
    func remove(_ sweep: SweepID) {
        thread.submit { [self] _ in
            state.withLock { state in
                state.logs = state.logs.filter { $0.key.attempt.sweep != sweep }
                state.refused = state.refused.filter { $0.attempt.sweep != sweep }
            }
            owners.withLock { $0.remove(sweep) }
            do throws(SweepError) {
                try shelf?.remove(sweep)
            } catch {
                logger.error("the records of \(sweep) stay: \(error)")
            }
            if PeerRules.isName(sweep.text) { HomeFolder.remove(home.sweepFolder(sweep)) }
        }
    }

    /// Writes what was taken, and ends.
    func finish() async { try? await thread.shutdownGracefully() }

    /// - Returns: up to where the agent need not send again.
    private func write(_ chunk: LogChunk, from agent: AgentID) -> Int {
        guard let bytes = chunk.bytes else {
            logger.warning("a log chunk of \(chunk.attempt) is neither text nor base64")
            return chunk.offset
        }
        let end = chunk.offset + bytes.count
        let name = chunk.file ?? AttemptLog.output
        // A name from outside is never a path.
        guard chunk.file.map(RecordFileName.all.contains) ?? true else {
            logger.warning("an agent ships a file that no record has: '\(name.prefix(80))'")
            return end
        }
        let file = File(attempt: chunk.attempt, name: name)
        return state.withLock { state in
            // What is known to be there; nothing where that cannot be told.
            var kept = 0
            do throws(SweepError) {
                guard let owner = try owner(of: chunk.attempt), owner.agent == agent else { return end }
                if try putOnShelf(chunk, bytes, name) {
                    state.refused.remove(file)
                    return end
                }
                let log = try log(file, isKept: !owner.hasEnded, &state)
                kept = log.size
                if chunk.offset > kept, chunk.skipped == nil, state.refused.contains(file) { return kept }
                do throws(SweepError) {
                    try log.write(bytes, at: chunk.offset)
                } catch {
                    kept = log.size
                    // What is wrong will not mend, unless space is all that it wants.
                    guard error.category != .tryAgain else { throw error }
                    complain(error, of: chunk.attempt, &state)
                    try log.skip(to: end)
                    return end
                }
                state.lastComplaint = nil
                state.refused.remove(file)
                return log.size
            } catch {
                complain(error, of: chunk.attempt, &state)
                guard error.category == .tryAgain else { return end }
                // Not taken: the agent has it and sends it again.
                if state.refused.count >= Self.maximumRefused { state.refused.removeAll() }
                state.refused.insert(file)
                return kept
            }
        }
    }

    /// False where it belongs into a file.
    private func putOnShelf(_ chunk: LogChunk, _ bytes: [UInt8], _ name: String) throws(SweepError) -> Bool {
        guard let shelf, chunk.isWhole == true, chunk.file != nil, chunk.offset == 0, chunk.skipped == nil,
            bytes.count <= RecordShelf.maximumSize
        else { return false }
        try shelf.put(bytes, chunk.attempt, name)
        return true
    }

    /// Says the same once, not once a chunk.
    private func complain(_ error: SweepError, of attempt: AttemptID, _ state: inout State) {
        if error != state.lastComplaint { logger.error("the log of \(attempt): \(error)") }
        state.lastComplaint = error
    }

    /// nil: there is no such attempt.
    private func owner(of attempt: AttemptID) throws(SweepError) -> AttemptOwners.Owner? {
        if let owner = owners.withLock({ $0.find(attempt) }) { return owner }
        // Of before the controller's start.
        guard let stored = try store.attempts(attempt.trial).first(where: { $0.id == attempt }) else { return nil }
        let owner = AttemptOwners.Owner(agent: stored.agent, hasEnded: stored.outcome != nil)
        return owners.withLock { $0.remember(owner, of: attempt) }
    }

    /// - Parameter isKept: more of it is to come. What an agent still has when its attempt has ended comes in one piece or two.
    private func log(_ file: File, isKept: Bool, _ state: inout State) throws(SweepError) -> AttemptLog {
        let now = SystemClock.now().instant
        if let open = state.logs[file] {
            state.logs[file]?.grewAt = now
            return open.log
        }
        let log = try AttemptLog(folder: home.runFolder(file.attempt), file: file.name, maximum: maximum)
        // It may have ended just now.
        guard isKept, owners.withLock({ $0.open(file.attempt) }) else { return log }
        if state.logs.count >= Self.maximumOpen, let oldest = state.logs.min(by: { $0.value.grewAt < $1.value.grewAt })
        {
            close(oldest.key, &state)
        }
        state.logs[file] = OpenLog(log: log, grewAt: now)
        return log
    }

    private func close(_ file: File, _ state: inout State) {
        state.logs[file] = nil
        if !state.logs.keys.contains(where: { $0.attempt == file.attempt }) {
            owners.withLock { $0.closed(file.attempt) }
        }
    }
}

extension LogChunk {
    /// nil when it is neither text nor base64.
    var bytes: [UInt8]? {
        if let text { return Array(text.utf8) }
        return base64.flatMap { Data(base64Encoded: $0) }.map(Array.init)
    }
}
