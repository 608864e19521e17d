import Glibc

/// A TCP socket of the plain, blocking kind, with deadlines.
final class Socket: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }

    /// Listens on a free port of 127.0.0.1.
    static func listening() throws -> (socket: Socket, port: Int) {
        let socket = Socket(descriptor: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket.descriptor, pointer, size) == 0 && listen(socket.descriptor, 1024) == 0
                    && getsockname(socket.descriptor, pointer, &size) == 0
            }
        }
        guard isBound else { throw RigError("cannot listen: \(String(cString: strerror(errno)))") }
        return (socket, Int(UInt16(bigEndian: address.sin_port)))
    }

    static func connected(port: Int) throws -> Socket {
        let socket = Socket(descriptor: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = loopback(port: port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket.descriptor, $0, size) == 0 }
        }
        guard isConnected else { throw RigError("cannot connect: \(String(cString: strerror(errno)))") }
        return socket
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        return address
    }

    func accept(within seconds: Double) -> Socket? {
        guard isReadable(within: seconds) else { return nil }
        let fresh = Glibc.accept(descriptor, nil, nil)
        return fresh >= 0 ? Socket(descriptor: fresh) : nil
    }

    func isReadable(within seconds: Double) -> Bool {
        var file = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&file, 1, Int32(seconds * 1000)) > 0
    }

    /// Bytes that have come; empty: the other side is done or gone; nil: nothing within `seconds`.
    func receive(within seconds: Double, most: Int = 1 << 16) -> [UInt8]? {
        guard isReadable(within: seconds) else { return nil }
        return [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            count = max(0, recv(descriptor, buffer.baseAddress, most, 0))
        }
    }

    /// False when the other side takes no more within `seconds`.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>, within seconds: Double = 10) -> Bool {
        let bytes = Array(bytes)
        var sent = 0
        let deadline = monotonic() + seconds
        while sent < bytes.count {
            var file = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let left = deadline - monotonic()
            guard left > 0, Glibc.poll(&file, 1, Int32(left * 1000) + 1) > 0 else { return false }
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count < 0, errno != EAGAIN, errno != EINTR { return false }
            sent += max(0, count)
        }
        return true
    }

    /// No more comes from here or goes there; the other side is told.
    func shut() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// As if the machine had no idea of this connection.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        shut()
    }

    func limitReceiving(_ bytes: Int32) {
        var bytes = bytes
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, 4)
    }
}
