import NIOCore

/// The HTTP side of the port: takes over a connection whose first byte is that of a request.
protocol HTTPUpgrade: Sendable {
    /// Adds its handlers after `handler`, on the channel's event loop; the request's bytes follow at once. From other machines
    /// only TLS comes here (unless the controller was started with `--insecure`).
    func begin(on channel: any Channel, after handler: any ChannelHandler, _ peer: HTTPPeer) throws
}

/// Who asks.
struct HTTPPeer: Sendable {
    var address: PeerAddress
    var isSecure: Bool
    /// By then the request must be there.
    var deadline: NIODeadline
}
