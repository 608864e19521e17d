/// An http or https address, in its parts. Only what a request needs: no user, no fragment.
package struct WebAddress: Hashable, Sendable {
    package var isSecure: Bool
    /// Without brackets, where it is an IPv6 address.
    package var host: String
    package var port: Int
    /// The path and what follows it, from its first slash on.
    package var target: String

    /// nil: it is none.
    package init?(_ text: String) {
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 > 0x7F }) else { return nil }
        var rest: Substring
        switch text {
        case _ where text.lowercased().hasPrefix("https://"): (isSecure, rest) = (true, text.dropFirst(8))
        case _ where text.lowercased().hasPrefix("http://"): (isSecure, rest) = (false, text.dropFirst(7))
        default: return nil
        }
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        let place = rest.prefix { $0 != "/" && $0 != "?" }
        rest = rest.dropFirst(place.count)
        target = rest.first == "/" ? String(rest) : "/" + rest
        guard !place.contains("@") else { return nil }
        var portText: Substring?
        if place.first == "[" {
            guard let end = place.firstIndex(of: "]") else { return nil }
            host = String(place[place.index(after: place.startIndex)..<end])
            let after = place[place.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { return nil }
            if !after.isEmpty { portText = after.dropFirst() }
        } else {
            let parts = place.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = String(parts[0])
            if parts.count > 1 { portText = parts[1] }
        }
        guard !host.isEmpty, !host.contains(where: { "[]<>\"\\^`{|}".contains($0) }) else { return nil }
        if let portText {
            guard let number = Int(portText), (1...65535).contains(number) else { return nil }
            port = number
        } else {
            port = isSecure ? 443 : 80
        }
    }

    /// As a `Host` header has it.
    package var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
