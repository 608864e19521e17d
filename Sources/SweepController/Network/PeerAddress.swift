import Glibc
import NIOCore

/// Where a peer connects from.
struct PeerAddress: Hashable, Sendable {
    /// For the log; without the port.
    let text: String
    /// This machine, over its loopback interface. (A machine's other addresses are not: whoever asks there takes TLS.)
    let isLoopback: Bool
    /// What counts as one peer: an IPv4 address, or the network (/64) of an IPv6 one.
    let group: String

    init(_ address: SocketAddress?) {
        let ip = address?.ipAddress ?? "unknown"
        if let v4 = Self.v4(ip) {
            (text, isLoopback, group) = (ip, v4 >> 24 == 127, ip)
            return
        }
        guard let octets = Self.octets(ip, AF_INET6, count: 16) else {
            (text, isLoopback, group) = (ip, false, ip)
            return
        }
        text = ip
        if octets.prefix(10).allSatisfy({ $0 == 0 }), octets[10] == 0xFF, octets[11] == 0xFF {
            // An IPv4 peer of an IPv6 socket.
            let v4 = octets.suffix(4).map { String($0) }.joined(separator: ".")
            (isLoopback, group) = (octets[12] == 127, v4)
        } else {
            isLoopback = octets.prefix(15).allSatisfy { $0 == 0 } && octets[15] == 1
            group = octets.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
        }
    }

    /// Whether a controller that listens there is reached from this machine only.
    static func isLoopback(host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        return v4(host).map { $0 >> 24 == 127 } ?? false
    }

    private static func v4(_ text: String) -> UInt32? {
        octets(text, AF_INET, count: 4)?.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Bytes instead of `in_addr`: which module that comes from, Glibc or one of NIO's, depends on the order of a build.
    private static func octets(_ text: String, _ family: Int32, count: Int) -> [UInt8]? {
        var octets = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &octets) == 1 ? octets : nil
    }
}
