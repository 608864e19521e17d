import NIOCore
import SweepModel
import SweepWire
import Synchronization

/// Lines that have arrived and that nobody has read yet. Reads from the socket only while few wait, so that a reader that
/// is slow slows the controller down instead of filling memory.
///
/// One task reads at a time. All state is behind the mutex; the handler's side runs on the event loop.
final class ReplyInbox: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var lines: [ByteBuffer] = []
        var waiter: CheckedContinuation<[ByteBuffer], any Error>?
        /// Grows with each wait: a timeout of an earlier wait must not end a later one.
        var wait = 0
        var ended: (any Error)?
        /// The handler held back a read because too many lines wait.
        var heldBack = false
    }

    private static let mostWaiting = 1024
    private let state = Mutex(State())

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let line = unwrapInboundIn(data)
        state.withLock { $0.lines.append(line) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        let (delivery, readOn) = state.withLock { state -> (Delivery?, Bool) in
            let delivery = Self.delivery(&state)
            state.heldBack = state.lines.count >= Self.mostWaiting
            return (delivery, !state.heldBack)
        }
        delivery?.perform()
        if readOn { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) { end(EndOfReplies.closed) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(error)
        context.close(promise: nil)
    }

    /// Everything that has come since the last call, at least one line.
    ///
    /// - Parameter limit: how long to wait for it; nil: as long as it takes.
    /// - Throws: `EndOfReplies`, the channel's error, or `CancellationError`.
    func next(from channel: any Channel, within limit: TimeAmount?) async throws -> [ByteBuffer] {
        let (ready, readOn) = state.withLock { state -> ([ByteBuffer], Bool) in
            let lines = state.lines
            state.lines.removeAll(keepingCapacity: true)
            defer { state.heldBack = false }
            return (lines, state.heldBack)
        }
        if readOn { channel.read() }
        if !ready.isEmpty { return ready }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (wait, delivery) = state.withLock { state -> (Int, Delivery?) in
                    state.wait += 1
                    state.waiter = continuation
                    return (state.wait, Self.delivery(&state))
                }
                delivery?.perform()
                if Task.isCancelled { interrupt(wait, CancellationError()) }
                if let limit, delivery == nil {
                    channel.eventLoop.scheduleTask(in: limit) { [weak self] in
                        self?.interrupt(wait, EndOfReplies.silent)
                    }
                }
            }
        } onCancel: {
            interrupt(nil, CancellationError())
        }
    }

    /// Ends the wait with that number (nil: any) with an error.
    private func interrupt(_ wait: Int?, _ error: any Error) {
        let waiter = state.withLock { state -> CheckedContinuation<[ByteBuffer], any Error>? in
            guard wait == nil || wait == state.wait else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(throwing: error)
    }

    private func end(_ error: any Error) {
        let delivery = state.withLock { state -> Delivery? in
            if state.ended == nil { state.ended = error }
            return Self.delivery(&state)
        }
        delivery?.perform()
    }

    private struct Delivery {
        let waiter: CheckedContinuation<[ByteBuffer], any Error>
        let result: Result<[ByteBuffer], any Error>

        func perform() { waiter.resume(with: result) }
    }

    /// What the waiter gets now, if one waits and there is something.
    private static func delivery(_ state: inout State) -> Delivery? {
        guard let waiter = state.waiter else { return nil }
        if !state.lines.isEmpty {
            let lines = state.lines
            state.lines.removeAll(keepingCapacity: true)
            state.waiter = nil
            return Delivery(waiter: waiter, result: .success(lines))
        }
        guard let ended = state.ended else { return nil }
        state.waiter = nil
        return Delivery(waiter: waiter, result: .failure(ended))
    }
}

enum EndOfReplies: Error {
    case closed
    case silent
}
