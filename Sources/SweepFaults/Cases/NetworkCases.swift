import Glibc
import SweepWire

extension FaultCase {
    /// 10 to 16: what a network does; 60 to 66: the same where all is said over TLS.
    static let networkCases =
        plainNetworkCases
        + plainNetworkCases.map { plain in
            FaultCase(plain.number + 50, plain.name + ", over TLS", isQuick: false) { rig in
                rig.isEncrypted = true
                try plain.run(rig)
            }
        }

    private static let plainNetworkCases = [
        FaultCase(10, "network gone both ways for longer than a lease") { rig in
            let proxy = try rig.startBehindProxy()
            let plan = try rig.create(trials: 3, steps: 20, options: ["--pause=60"])
            try rig.startAgent("a")
            try rig.awaitStarts(1)
            proxy.set {
                $0.dropsUp = true
                $0.dropsDown = true
            }
            // Either the other agent takes the trial first, or the first one comes back first.
            if rig.dice.number(0...1) == 0 {
                rig.leadHome()
                try rig.startAgent("b")
                nap(rig.lease * 1.5)
            } else {
                nap(rig.lease * 1.5)
            }
            proxy.heal()
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 1, late: 1))
        },
        FaultCase(11, "network gone one way, then the other") { rig in
            let proxy = try rig.startBehindProxy()
            let plan = try rig.create(trials: 4, steps: 20, options: ["--pause=50"])
            try rig.startAgent("a")
            for direction in 0...1 {
                try rig.awaitStarts(1 + direction)
                proxy.set { if direction == 0 { $0.dropsUp = true } else { $0.dropsDown = true } }
                nap(rig.lease * rig.dice.seconds(0.5...1.5))
                proxy.heal()
            }
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 2, further: 4, late: 4))
        },
        FaultCase(12, "half-open connection") { rig in
            rig.lease = 20
            let proxy = try rig.startBehindProxy()
            let plan = try rig.create(trials: 2, steps: 30, options: ["--pause=50"])
            let agent = try rig.startAgent("a")
            try rig.awaitStarts(1)
            let files = Processes.openFiles(agent.pid)
            nap(0.5)
            proxy.set { $0.isHalfOpen = true }
            let start = monotonic()
            poll(8) { rig.agentText("a").contains("silent") || rig.agentText("a").contains("ended") }
            rig.figures.append("seen after \(rounded(monotonic() - start)) s")
            rig.check(monotonic() - start < 6, "the agent did not notice")
            proxy.heal()
            try rig.finish(plan)
            poll(2) { Processes.openFiles(agent.pid) <= files + 2 }
            rig.check(
                Processes.openFiles(agent.pid) <= files + 2,
                "the agent has \(Processes.openFiles(agent.pid)) files open, \(files) before")
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 1, late: 1))
        },
        FaultCase(13, "connections reset in the middle of a line") { rig in
            // Several in a row, and the pauses between them, are no silence.
            rig.lease = 5
            let proxy = try rig.startBehindProxy()
            let plan = try rig.create(trials: 6, steps: 20, options: ["--pause=15"])
            try rig.startAgent("a", slots: 2)
            proxy.set { $0.cutsOneIn = 8 }
            nap(4)
            proxy.set { $0.cutsOneIn = nil }
            try rig.finish(plan)
            rig.figures.append("\(proxy.connections) connections")
            rig.check(proxy.connections > 2, "nothing was cut")
            // An assignment that was cut has not arrived: its attempt goes to nobody, and is repeated.
            try rig.checkInvariants(plan)
        },
        FaultCase(14, "slow network: delays, jitter, 64 kbit/s") { rig in
            rig.lease = 4
            let proxy = try rig.startBehindProxy()
            let plan = try rig.create(trials: 3, steps: 10, options: ["--pause=20", "--flood=1"])
            proxy.set {
                $0.delay = 0.01...0.06
                $0.rate = 8000
            }
            try rig.startAgent("a", slots: 2)
            try rig.finish(plan)
            proxy.heal()
            try rig.checkInvariants(plan, .some(1))
        },
        FaultCase(15, "every message twice") { rig in
            let proxy = try rig.startBehindProxy()
            let plan = try rig.create(trials: 8, steps: 8, options: ["--pause=10"])
            // Over TLS a record that comes twice ends the connection, so it is not for ever.
            proxy.set { $0.duplicates = true }
            try rig.startAgent("a", slots: 2)
            if rig.isEncrypted {
                nap(4)
                rig.check(proxy.connections > 1, "what came twice was taken")
                proxy.heal()
            }
            try rig.finish(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(16, "messages of an older connection come again") { rig in
            let proxy = try rig.startBehindProxy()
            let plan = try rig.create(trials: 8, steps: 12, options: ["--pause=40"])
            try rig.startAgent("a", slots: 2)
            try rig.awaitStarts(1)
            proxy.set { $0.replays = true }
            for _ in 0..<3 {
                nap(rig.dice.seconds(0.3...0.8))
                proxy.set { $0.cutsOneIn = 1 }
                nap(0.3)
                proxy.set { $0.cutsOneIn = nil }
            }
            if rig.isEncrypted { proxy.heal() }
            try rig.finish(plan)
            rig.check(proxy.connections > 1, "nothing was replayed")
            try rig.checkInvariants(plan)
        },
    ]
}

extension Rig {
    /// A controller, and agents that reach it through a proxy.
    func startBehindProxy() throws -> Proxy {
        // The longest that is set later.
        if isEncrypted { lease = max(lease, 5) }
        try startController()
        let proxy = try Proxy(to: port(), seed: dice.next())
        try lead(to: proxy.address)
        return proxy
    }
}
