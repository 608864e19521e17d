import DequeModule
import FoundationEssentials
import Glibc
import SweepModel
import SweepRecord
import SweepWire
import Synchronization

/// Gives trials their inputs: from the agent's cache, in which each content is once, and what is not there from the controller.
/// One attempt after the other; of its contents one after the other, with some pieces on their way.
///
/// What has come stays when the connection ends or the agent is killed: it goes on from there. `handle` blocks.
final class InputDesk: Sendable {
    /// Pieces that are asked for before the first of them has come.
    static let window = 8
    /// Times that a content is fetched anew because its bytes turned out to be others.
    private static let mostRestarts = 3

    private struct State {
        var cache: InputCache
        /// The first one is under way.
        var queue: Deque<InputFetch> = []
        /// Contents that the first one lacks.
        var wanted: Deque<BlobFile> = []
        /// How many of them are asked for completely, and from where the next one is to be asked for.
        var asked = 0
        var offset: Int?
        var inFlight = 0
        var fetched = 0
        var restarts = 0

        mutating func rewind() { (asked, offset, inFlight) = (0, nil, 0) }
    }

    private let state: Mutex<State>
    /// Attempts that need nothing any more, whatever is being done for them.
    private let released = Mutex<Set<AttemptID>>([])

    init(_ cache: sending InputCache) { state = Mutex(State(cache: cache)) }

    /// Whatever is being done for the attempt ends soon. A job `release` is to follow.
    func cancel(_ attempt: AttemptID) { released.withLock { _ = $0.insert(attempt) } }

    private func isReleased(_ attempt: AttemptID) -> Bool { released.withLock { $0.contains(attempt) } }

    func handle(_ job: InputJob) -> [InputStep] {
        state.withLock { state in
            var steps: [InputStep] = []
            switch job {
            case .fetch(let fetch):
                released.withLock { _ = $0.remove(fetch.attempt) }
                state.queue.append(fetch)
            case .content(let content): take(content, &state, &steps)
            case .rewind: state.rewind()
            case .release(let attempt, let folder):
                drop(attempt, &state)
                FolderTree.remove(folder)
                released.withLock { _ = $0.remove(attempt) }
            case .tidy(let folder, let kept):
                for name in DiskFile.names(in: folder) where !kept.contains(name) {
                    FolderTree.remove("\(folder)/\(name)")
                }
            }
            advance(&state, &steps)
            return steps
        }
    }

    private func drop(_ attempt: AttemptID, _ state: inout State) {
        let isFirst = state.queue.first?.attempt == attempt
        state.queue.removeAll { $0.attempt == attempt }
        if isFirst { begin(&state) }
    }

    /// The next one is under way.
    private func begin(_ state: inout State) {
        state.wanted = []
        (state.fetched, state.restarts) = (0, 0)
        state.rewind()
    }

    /// Does what can be done without another piece, and asks for pieces.
    private func advance(_ state: inout State, _ steps: inout [InputStep]) {
        while let fetch = state.queue.first {
            do throws(SweepError) {
                if state.wanted.isEmpty {
                    state.rewind()
                    state.wanted = Deque(try state.cache.missing(of: fetch))
                }
                guard state.wanted.isEmpty else { return ask(&state, &steps) }
                if let broken = try state.cache.place(fetch, isReleased: { isReleased(fetch.attempt) }) {
                    try restart(broken, &state)
                    continue
                }
                steps.append(.ready(fetch.attempt, fetched: state.fetched))
            } catch {
                steps.append(.failed(fetch.attempt, error))
            }
            state.queue.removeFirst()
            begin(&state)
        }
    }

    private func restart(_ digest: String, _ state: inout State) throws(SweepError) {
        state.restarts += 1
        guard state.restarts <= Self.mostRestarts else {
            throw SweepError(.failed, "the content \(digest.prefix(12)) comes with other bytes again and again")
        }
    }

    private func ask(_ state: inout State, _ steps: inout [InputStep]) {
        var cursors: [BlobCursor] = []
        while state.inFlight < Self.window, state.asked < state.wanted.count {
            let content = state.wanted[state.asked]
            let offset = state.offset ?? state.cache.begun(content)
            cursors.append(BlobCursor(digest: content.digest, offset: offset))
            state.inFlight += 1
            let next = offset + BlobChunk.maximumSize
            if next >= content.size {
                state.asked += 1
                state.offset = nil
            } else {
                state.offset = next
            }
        }
        if !cursors.isEmpty { steps.append(.ask(cursors)) }
    }

    private func take(_ piece: BlobContent, _ state: inout State, _ steps: inout [InputStep]) {
        state.inFlight = max(0, state.inFlight - 1)
        guard let fetch = state.queue.first, let content = state.wanted.first, content.digest == piece.digest else {
            return
        }
        do throws(SweepError) {
            guard let base64 = piece.base64, let bytes = Data(base64Encoded: base64) else {
                throw SweepError(
                    .notFound, "an artifact cannot be fetched: \((piece.problem ?? "it is no base64").prefix(200))",
                    remedy: "was it removed meanwhile? see 'sweep artifact ls'")
            }
            let before = state.cache.begun(content)
            guard piece.offset == before else { return }
            let kept: Int
            do throws(SweepError) {
                kept = try state.cache.write(Array(bytes), of: content, at: piece.offset)
            } catch {
                guard error.category == .usage else { throw error }
                try restart(content.digest, &state)
                return state.rewind()
            }
            state.fetched += kept - before
            guard kept == content.size else { return }
            state.wanted.removeFirst()
            if state.asked > 0 { state.asked -= 1 } else { state.offset = nil }
        } catch {
            steps.append(.failed(fetch.attempt, error))
            state.queue.removeFirst()
            begin(&state)
        }
    }
}
