package import NIOCore

/// The sending side of one connection. Sending never waits: what does not fit shows in `isWritable`, and all that is large
/// (logs, spooled reports) looks at it first.
package struct Link: Sendable {
    private let channel: any Channel

    package init(_ channel: any Channel) { self.channel = channel }

    package var isWritable: Bool { channel.isWritable }

    /// Whole wire lines, in one packet where they fit.
    package func send(_ bytes: [UInt8]) {
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
    }

    package func close() { channel.close(promise: nil) }

    /// Closes once everything that was sent is with the system.
    package func drain() async {
        try? await channel.writeAndFlush(channel.allocator.buffer(capacity: 0)).get()
        try? await channel.close().get()
    }

    package static func == (a: Link, b: Link) -> Bool { a.channel === b.channel }
}
