import Glibc
import Synchronization

/// Another machine's view of the network, for the programs that are started in it: a namespace that is tied to this one by a
/// pair of virtual cards, which can be unplugged, or made deaf in one direction. Needs root and `ip`.
final class NetworkNamespace {
    /// Each has a network of four addresses; the number is also part of its cards' names.
    private static let used = Atomic(Int(getpid() % 61) * 4)

    let name: String
    private let card: String
    private let network: String
    private let rig: Rig

    /// This machine's address, as the other one has it.
    var here: String { "\(network).1" }
    private var there: String { "\(network).2" }
    /// What a command in it begins with.
    var wrapper: [String] { ["/usr/bin/env", "ip", "netns", "exec", name] }

    /// - Throws: `SkippedCase` where this machine does not allow it.
    init(_ rig: Rig) throws {
        self.rig = rig
        let number = Self.used.add(1, ordering: .relaxed).newValue % 250
        name = "sweepf\(number)"
        card = "swf\(number)"
        network = "10.213.\(number)"
        guard getuid() == 0 else { throw SkippedCase("needs root for a network namespace") }
        // What a killed run has left.
        _ = try? ip("netns", "del", name)
        try ip("netns", "add", name)
        try ip("link", "add", "\(card)h", "type", "veth", "peer", "name", "\(card)n", "netns", name)
        try ip("addr", "add", "\(here)/30", "dev", "\(card)h")
        try ip("-n", name, "addr", "add", "\(there)/30", "dev", "\(card)n")
        try ip("-n", name, "link", "set", "lo", "up")
        try ip("-n", name, "link", "set", "\(card)n", "up")
        try ip("link", "set", "\(card)h", "up")
    }

    deinit { _ = try? ip("netns", "del", name) }

    func unplug() throws { try ip("link", "set", "\(card)h", "down") }
    func plug() throws { try ip("link", "set", "\(card)h", "up") }

    /// What is sent from there (or from here) goes to a card that nobody has, until `hear`.
    func deafen(toHere: Bool) throws {
        let nobody = "02:00:00:00:00:99"
        if toHere {
            try ip("-n", name, "neigh", "replace", here, "lladdr", nobody, "nud", "permanent", "dev", "\(card)n")
        } else {
            try ip("neigh", "replace", there, "lladdr", nobody, "nud", "permanent", "dev", "\(card)h")
        }
    }

    func hear() throws {
        _ = try? ip("-n", name, "neigh", "del", here, "dev", "\(card)n")
        _ = try? ip("neigh", "del", there, "dev", "\(card)h")
    }

    private func ip(_ arguments: String...) throws {
        let child = try rig.start(["ip"] + arguments, named: "ip")
        guard child.wait(10) == 0 else {
            throw SkippedCase("ip \(arguments.joined(separator: " ")): \(child.text.suffix(200))")
        }
    }
}
