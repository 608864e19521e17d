import Glibc

/// This machine's addresses, as others may reach it.
enum MachineAddresses {
    /// Numeric; IPv4 first; neither loopback nor link-local.
    static func reachable() -> [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var v4: [String] = []
        var v6: [String] = []
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, entry.ifa_flags & UInt32(IFF_UP) != 0 else { continue }
            switch Int32(address.pointee.sa_family) {
            case AF_INET: if let text = name(address, MemoryLayout<sockaddr_in>.size) { v4.append(text) }
            case AF_INET6: if let text = name(address, MemoryLayout<sockaddr_in6>.size) { v6.append(text) }
            default: break
            }
        }
        return v4.filter { !$0.hasPrefix("127.") && !$0.hasPrefix("169.254.") }
            + v6.filter { $0 != "::1" && !$0.hasPrefix("fe80:") }
    }

    private static func name(_ address: UnsafeMutablePointer<sockaddr>, _ size: Int) -> String? {
        var buffer = [CChar](repeating: 0, count: 256)
        guard
            getnameinfo(address, socklen_t(size), &buffer, socklen_t(buffer.count), nil, 0, Int32(NI_NUMERICHOST)) == 0
        else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
