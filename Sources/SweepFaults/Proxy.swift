import Foundation
import Synchronization

/// Between agents and a controller, line by line (or, of TLS, record by record): what a bad network does, when it is told to.
final class Proxy: Sendable {
    struct Rules: Sendable {
        /// Seconds by which each line is late, at least and at most.
        var delay = 0.0...0.0
        /// Nothing goes to the controller, or to the agent; what was meant to is gone for good.
        var dropsUp = false
        var dropsDown = false
        /// What an agent says comes twice; of TLS one record in 20, for the other side is to notice and end the connection.
        var duplicates = false
        /// After a new connection's first lines come those of the one before.
        var replays = false
        /// One line in so many is cut in its middle, and the connection reset.
        var cutsOneIn: Int?
        /// Bytes a second in each direction.
        var rate: Int?
        /// The controller's side is closed, the agent's is not, and nothing is read.
        var isHalfOpen = false
    }

    private struct State {
        var rules = Rules()
        var dice: Dice
        /// Lines of agents on connections that have ended.
        var recorded: [[UInt8]] = []
        var isClosed = false
        var connections = 0
    }

    let port: Int
    private let listener: Socket
    private let target: Int
    private let state: Mutex<State>

    init(to target: Int, seed: UInt64) throws {
        (listener, port) = try Socket.listening()
        self.target = target
        state = Mutex(State(dice: Dice(seed: seed)))
        thread { $0.acceptAll() }
    }

    var address: String { "127.0.0.1:\(port)" }
    /// How many connections have come in all.
    var connections: Int { state.withLock { $0.connections } }

    func set(_ change: @Sendable (inout Rules) -> Void) { state.withLock { change(&$0.rules) } }

    func heal() { set { $0 = Rules() } }

    func close() { state.withLock { $0.isClosed = true } }

    private var rules: Rules { state.withLock { $0.rules } }
    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func thread(_ body: @escaping @Sendable (Proxy) -> Void) {
        let thread = Thread { body(self) }
        thread.stackSize = 1 << 19
        thread.start()
    }

    private func acceptAll() {
        while !isClosed {
            guard let agent = listener.accept(within: 0.1) else { continue }
            guard !rules.dropsUp, let controller = try? Socket.connected(port: target) else {
                agent.reset()
                continue
            }
            let number = state.withLock { state in
                state.connections += 1
                return state.connections
            }
            let pair = Pair(agent: agent, controller: controller, number: number)
            thread { $0.pump(pair, isUp: true) }
            thread { $0.pump(pair, isUp: false) }
        }
    }

    private final class Pair: Sendable {
        let agent: Socket
        let controller: Socket
        let number: Int
        /// Something was left out: what comes after makes no sense any more.
        let isBroken = Atomic(false)

        init(agent: Socket, controller: Socket, number: Int) {
            self.agent = agent
            self.controller = controller
            self.number = number
        }

        func end() {
            agent.shut()
            controller.shut()
        }
    }

    private func pump(_ pair: Pair, isUp: Bool) {
        let (source, sink) = isUp ? (pair.agent, pair.controller) : (pair.controller, pair.agent)
        var buffer: [UInt8] = []
        var count = 0
        var said: [[UInt8]] = []
        defer {
            if isUp { state.withLock { $0.recorded = Array(said.suffix(200)) } }
        }
        while !isClosed {
            let rules = rules
            if rules.isHalfOpen {
                pair.controller.shut()
                pair.isBroken.store(true, ordering: .relaxed)
                nap(0.02)
                continue
            }
            if pair.isBroken.load(ordering: .relaxed), !(isUp ? rules.dropsUp : rules.dropsDown) { break }
            guard let bytes = source.receive(within: 0.05) else { continue }
            if bytes.isEmpty { break }
            buffer += bytes
            while let length = Self.frame(buffer) {
                let line = Array(buffer[..<length])
                buffer.removeSubrange(..<length)
                count += 1
                if isUp, count > 1 { said.append(line) }
                guard forward(line, count, to: sink, pair, isUp: isUp) else { return pair.end() }
                if isUp, count == 2, rules.replays {
                    for old in state.withLock({ $0.recorded }) { sink.send(old) }
                }
            }
        }
        pair.end()
    }

    /// Bytes of the first line, or record, once it is whole.
    private static func frame(_ buffer: [UInt8]) -> Int? {
        guard let first = buffer.first else { return nil }
        // Lines begin with a brace; the types of records are 20 to 24.
        guard (20...24).contains(first) else { return buffer.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } }
        guard buffer.count >= 5 else { return nil }
        let length = 5 + (Int(buffer[3]) << 8 | Int(buffer[4]))
        return buffer.count >= length ? length : nil
    }

    /// - Returns: false when the connection is over.
    private func forward(_ line: [UInt8], _ count: Int, to sink: Socket, _ pair: Pair, isUp: Bool) -> Bool {
        let rules = rules
        if isUp ? rules.dropsUp : rules.dropsDown {
            pair.isBroken.store(true, ordering: .relaxed)
            return true
        }
        if rules.delay.upperBound > 0 { nap(state.withLock { $0.dice.seconds(rules.delay) }) }
        if let rate = rules.rate { nap(Double(line.count) / Double(rate)) }
        if let oneIn = rules.cutsOneIn, count > 1, state.withLock({ $0.dice.number(1...oneIn) }) == 1 {
            sink.send(line.prefix(line.count / 2))
            pair.agent.reset()
            pair.controller.reset()
            return false
        }
        guard sink.send(line) else { return false }
        guard rules.duplicates, isUp, count > 1 else { return true }
        let isLine = line.first == UInt8(ascii: "{")
        guard isLine || state.withLock({ $0.dice.number(1...20) }) == 1 else { return true }
        return sink.send(line)
    }
}
