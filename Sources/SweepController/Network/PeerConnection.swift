import NIOCore
import SweepModel
import SweepWire

/// The controller's end of one connection: any thread may send and close.
final class PeerConnection: Sendable {
    private let channel: any Channel
    let address: PeerAddress

    init(_ channel: any Channel, address: PeerAddress) {
        self.channel = channel
        self.address = address
    }

    var isActive: Bool { channel.isActive }

    /// Sends `lines` with one flush, and lets the peer send `finishing` more (see `Incoming.message`).
    func send(_ lines: [ControllerLine], finishing: Int = 0) {
        guard !lines.isEmpty || finishing != 0 else { return }
        channel.writeAndFlush(OutgoingLines(lines: lines, finishing: finishing), promise: nil)
    }

    /// Sends what is encoded already, or `lines`, and waits until the network has taken them: what a long answer is paced by.
    ///
    /// - Throws: when the connection is closed, or the peer took nothing for `timeout` seconds (which closes it).
    func deliver(_ encoded: ByteBuffer? = nil, _ lines: [ControllerLine] = [], timeout: Double) async throws {
        let alarm = channel.eventLoop.scheduleTask(in: .nanoseconds(Int64(timeout * 1e9))) { [channel] in
            channel.close(promise: nil)
        }
        defer { alarm.cancel() }
        try await channel.writeAndFlush(OutgoingLines(lines: lines, encoded: encoded)).get()
    }

    /// Says `reason`, where there is one, and closes.
    func close(_ reason: String? = nil) {
        if let reason {
            let line = ControllerLine.agent(.error(SweepError(.unavailable, reason)))
            channel.writeAndFlush(OutgoingLines(lines: [line]), promise: nil)
        }
        channel.close(promise: nil)
    }
}

/// What is written to a connection's pipeline.
struct OutgoingLines: Sendable {
    var lines: [ControllerLine]
    /// Lines that were encoded elsewhere: they go first.
    var encoded: ByteBuffer?
    /// So much of what the peer sent is done with.
    var finishing = 0
    /// Close once it is sent.
    var thenClose = false
}
