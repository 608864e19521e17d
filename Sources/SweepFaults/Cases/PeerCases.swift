import FoundationEssentials
import Glibc
import SweepAgent
import SweepModel
import SweepWire

extension FaultCase {
    /// 17 to 22, 38, 40: what peers say.
    static let peerCases = [
        FaultCase(17, "a stale attempt reports success") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 1, steps: 3)
            let first = try FakeAgent(rig, id: "fake1")
            try first.say(.ready(slot: 0))
            guard let assignment = first.assignment() else { throw RigError("no assignment") }
            try first.say(
                .started(
                    Started(
                        attempt: assignment.attempt, sequence: 1, argv: ["fake"], directory: "/", pid: 1,
                        time: SystemClock.now().wall)))
            nap(rig.lease * 1.4)
            let second = try FakeAgent(rig, id: "fake2")
            try second.say(.ready(slot: 0))
            guard let again = second.assignment() else { throw RigError("the lost trial was not assigned anew") }
            rig.check(again.attempt.number == 2, "the second attempt has the number \(again.attempt.number)")
            // The first one comes back, on a connection of its own, and claims that all went well.
            let late = try FakeAgent(
                rig, id: "fake1", held: [HeldAttempt(attempt: assignment.attempt, slot: 0, alive: false)])
            try late.run(assignment, steps: 3, x: 77)
            let fenced = late.peer.next { line -> Bool? in
                if case .agent(.stop(assignment.attempt, .fenced, _)) = line { true } else { nil }
            }
            rig.check(fenced == true, "the stale attempt was not told that it counts no more")
            try second.run(again, steps: 3, x: again.x)
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 1, late: 1))
            rig.check(try Record(rig.home).lateResults(plan.id) == 1, "the late result is not kept")
            let (_, text) = try rig.sweep("show", "\(plan.id)-1")
            rig.check(text.contains("came back later"), "sweep show does not tell the late result: \(text)")
        },
        FaultCase(18, "two agents of one name, and a copied state folder") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 4, steps: 8, options: ["--pause=100"])
            let first = try rig.startAgent("a")
            try rig.awaitStarts(1)
            let second = try rig.startAgent("a")
            rig.check((second.wait(10) ?? 0) > 0, "a second agent of the name was not refused")
            let copy = rig.folder + "/copy"
            try FileManager.default.createDirectory(atPath: copy + "/agents/a", withIntermediateDirectories: true)
            for name in ["id", "starts", "boot"] {
                try FileManager.default.copyItem(
                    atPath: "\(rig.home.agentFolder("a"))/\(name)", toPath: "\(copy)/agents/a/\(name)")
            }
            rig.address = "127.0.0.1:\(try rig.port())"
            let clone = try rig.startAgent("a", home: copy)
            rig.check(
                clone.wait(10) == 77, "the clone ended with \(clone.ending.map { "\($0)" } ?? "nothing"): \(clone.text)"
            )
            try rig.finish(plan)
            rig.check(first.isAlive, "the first agent is gone")
            try rig.checkInvariants(plan)
        },
        FaultCase(19, "agents of older and newer versions") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 1, steps: 3)
            let token = rig.agentToken
            func hello(_ version: Int, _ more: String = "") -> String {
                #"{"kind":"hello","protocol":\#(version),"role":"agent","token":"\#(token)","build":"x"\#(more),"agent":{"id":"v\#(version)","incarnation":"i","name":"v\#(version)","host":"h","pid":1,"slots":[{"index":0,"gpus":[]}],"held":[]}}"#
                    + "\n"
            }
            let old = try RawPeer(port: rig.port())
            _ = old.send(hello(0))
            let refusal = old.next { line -> String? in if case .refused(let reason) = line { reason } else { nil } }
            rig.check(refusal?.contains("update") == true, "an older agent was told: \(refusal ?? "nothing")")
            let new = try RawPeer(port: rig.port())
            _ = new.send(hello(99, #","future":{"a":[1]}"#))
            let welcome = new.next { line -> Bool? in if case .welcome = line { true } else { nil } }
            rig.check(welcome == true, "a newer agent was not let in")
            _ = new.send(
                #"{"kind":"from-the-future","x":1}"# + "\n" + #"{"kind":"ready","slot":0,"mood":"good"}"# + "\n")
            let assigned = new.next { line -> Bool? in if case .agent(.assign) = line { true } else { nil } }
            rig.check(assigned == true, "a newer agent got no trial")
            new.socket.shut()
            try rig.startAgent("a")
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 1))
        },
        FaultCase(20, "endless lines, garbage, bytes one by one") { rig in
            let controller = try rig.startController()
            let plan = try rig.create(trials: 4, steps: 10, options: ["--pause=50"])
            try rig.startAgent("a")
            let before = Processes.memory(controller.pid)
            var dice = rig.dice
            var peers: [RawPeer] = []
            for kind in 0..<12 {
                let peer = try RawPeer(port: rig.port())
                switch kind % 4 {
                case 0:
                    // Meant to be 2 GiB; it is cut off long before.
                    let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
                    for _ in 0..<2048 where !peer.socket.send(block, within: 1) { break }
                    rig.check(peer.isClosed(within: 5), "an endless line did not end the connection")
                case 1:
                    peer.socket.send((0..<4096).map { _ in UInt8.random(in: 0...255, using: &dice) } + [10])
                    rig.check(peer.isClosed(within: 5), "garbage before hello did not end the connection")
                case 2: peer.socket.send([UInt8](repeating: 10, count: 5000))
                default: for byte in #"{"kind":"hel"#.utf8 { peer.socket.send([byte]) }
                }
                peers.append(peer)
            }
            let start = monotonic()
            let (code, _) = try rig.sweep("list")
            rig.check(code == 0 && monotonic() - start < 10, "others are not served")
            try rig.finish(plan)
            let growth = (Processes.memory(controller.pid) - before) >> 20
            rig.figures.append("memory +\(growth) MiB")
            rig.check(growth < 64, "the controller's memory grew by \(growth) MiB")
            try rig.checkInvariants(plan)
        },
        FaultCase(21, "malformed JSON, huge numbers, bad UTF-8, deep nesting") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 5, options: ["--pause=20"])
            let deep = String(repeating: "[", count: 200_000) + String(repeating: "]", count: 200_000)
            let lines = [
                "{", "null", "[]", #"{"kind":1}"#, deep, #"{"kind":"ready","slot":\#(deep)}"#,
                #"{"kind":"ready","slot":99999999999999999999999999}"#,
                #"{"kind":"ready","slot":-9223372036854775808}"#,
                #"{"kind":"ready","slot":1e308}"#, #"{"kind":"heartbeat","attempts":[{"trial":"x-1","attempt":NaN}]}"#,
                #"{"kind":"report","attempt":{"trial":"\#(plan.id)-1","attempt":1},"sequence":9223372036854775807,"reports":[{"step":9223372036854775807,"time":-9223372036854775808,"metrics":{"loss":1e999}}]}"#,
                #"{"kind":"ended","attempt":{"trial":"\#(plan.id)-1","attempt":-1},"sequence":-5,"end":{"exitCode":-99999,"started":1e30,"ended":-1}}"#,
                #"{"kind":"log","attempt":{"trial":"../../etc-1","attempt":1},"offset":9223372036854775807,"text":"x"}"#,
                #"{"kind":"slot","slot":-1,"problem":"x"}"#, #"{"kind":"slot","slot":9223372036854775807}"#,
                #"{"kind":"list"}"#, #"{"kind":"list","id":1}"#, "\"\\ud800\"", #"{"kind":"\u0000"}"#,
            ]
            let agent = try FakeAgent(rig, id: "hostile")
            for line in lines { _ = agent.peer.send(line + "\n") }
            agent.peer.socket.send([0xFF, 0xFE, 0xC3, 0x28, 0xF0, 0x9F, 10])
            let alive = agent.peer.next { line -> Bool? in if case .agent(.error) = line { true } else { nil } }
            rig.check(alive == true, "bad lines are not answered")
            let client = try RawPeer(port: rig.port())
            _ = client.send(
                #"{"kind":"hello","protocol":1,"role":"client","token":"\#(rig.token)","build":"x"}"# + "\n")
            for line in lines { _ = client.send(line + "\n") }
            try rig.startAgent("a")
            try rig.finish(plan)
            rig.check(rig.controller?.isAlive == true, "the controller died")
            try rig.checkInvariants(plan)
        },
        FaultCase(22, "bad tokens, again and again") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 5)
            let hello =
                #"{"kind":"hello","protocol":1,"role":"agent","token":"wrong","build":"x","agent":{"id":"e","incarnation":"i","name":"e","host":"h","pid":1,"slots":[{"index":0,"gpus":[]}],"held":[]}}"#
            var letIn = 0
            // At once, because each is made to wait for its answer.
            let peers = try (0..<100).map { _ in
                let peer = try RawPeer(port: rig.port())
                _ = peer.send(hello + "\n" + #"{"kind":"ready","slot":0}"# + "\n")
                return peer
            }
            for peer in peers {
                while let line = peer.line(within: 5) {
                    if let decoded = try? ControllerLine.decode(line), case .welcome = decoded { letIn += 1 }
                }
            }
            rig.check(letIn == 0, "\(letIn) were let in")
            rig.check(rig.controller.map { $0.text.utf8.count < 100_000 } ?? false, "the log is flooded")
            try rig.startAgent("a")
            try rig.finish(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(38, "a client that stops reading", isQuick: false, limit: 180) { rig in
            let controller = try rig.startController()
            let plan = try rig.create(trials: 300, steps: 1)
            try rig.startAgent("a", slots: 2)
            try rig.finish(plan, within: 80)
            let before = Processes.memory(controller.pid)
            let sockets = Processes.sockets(controller.pid)
            var peers: [RawPeer] = []
            for _ in 0..<8 {
                let peer = try RawPeer(port: rig.port())
                peer.socket.limitReceiving(2048)
                _ = peer.send(
                    #"{"kind":"hello","protocol":1,"role":"client","token":"\#(rig.token)","build":"x"}"# + "\n")
                for id in 1...200 { _ = peer.send(#"{"kind":"trials","id":\#(id),"sweep":"\#(plan.id)"}"# + "\n") }
                peers.append(peer)
            }
            nap(2)
            let growth = (Processes.memory(controller.pid) - before) >> 20
            // Eight pages of 256 trials, not eight times 32 whole answers.
            rig.check(growth < 100, "the controller's memory grew by \(growth) MiB")
            rig.figures.append("memory +\(growth) MiB")
            let start = monotonic()
            let (code, _) = try rig.sweep("list")
            rig.check(code == 0, "others are not served")
            rig.figures.append("list took \(rounded(monotonic() - start)) s meanwhile")
            // Whoever reads nothing does not see it either.
            let asked = monotonic()
            var peak = before
            let dropped = poll(45) {
                peak = max(peak, Processes.memory(controller.pid))
                return Processes.sockets(controller.pid) <= sockets
            }
            rig.check(dropped, "who reads nothing is not dropped")
            rig.figures.append("dropped after \(rounded(monotonic() - asked)) s, at most \(peak >> 20) MiB")
            rig.check(peak < 256 << 20, "the controller had \(peak >> 20) MiB")
            try rig.checkInvariants(plan)
        },
    ]
}
