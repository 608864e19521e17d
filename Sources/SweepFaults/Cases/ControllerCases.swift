import Glibc
import SweepWire

extension FaultCase {
    /// 1, 2, 8, 47: the controller goes away.
    static let controllerCases = [
        FaultCase(1, "controller killed at random and at named points") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 10, steps: 6, options: ["--pause=20"])
            try rig.startAgent("a", slots: 2)
            for _ in 0..<3 {
                nap(rig.dice.seconds(0.05...0.5))
                rig.killController()
                try rig.startController()
            }
            for point in ["before-commit", "after-commit", "after-send"] {
                rig.killController()
                let times = rig.dice.number(1...4)
                let child = try? rig.startController(adding: ["SWEEP_CRASH_AT": "\(point):\(times)"])
                child?.wait(3)
                rig.killController()
                try rig.startController()
            }
            try rig.finish(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(2, "controller away for as long as a lease and more") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 4, steps: 5, options: ["--pause=100"])
            try rig.startAgent("a", slots: 2)
            try rig.awaitStarts(2)
            let away = rig.dice.seconds(0.5...2) * rig.lease
            rig.killController()
            nap(away)
            try rig.startController()
            let back = try rig.finish(plan)
            rig.figures.append("away \(rounded(away)) s, done \(rounded(back)) s after its return")
            try rig.checkInvariants(plan)
        },
        FaultCase(8, "controller stopped for two leases") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 4, steps: 10, options: ["--pause=300"])
            try rig.startAgent("a", slots: 2)
            try rig.awaitStarts(2)
            rig.controller?.send(SIGSTOP)
            nap(2 * rig.lease)
            rig.controller?.send(SIGCONT)
            try rig.finish(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(47, "a second controller on the same record", isQuick: false) { rig in
            let first = try rig.startController()
            let second = try rig.start([rig.programs + "/sweep", "controller", "--port", "0"], named: "second")
            rig.check(second.wait(30).map { $0 > 0 } ?? false, "the second controller was not refused")
            rig.check(second.text.contains("\(first.pid)"), "it does not say who runs: \(second.text)")
            let plan = try rig.create(trials: 2, steps: 2)
            try rig.startAgent("a")
            try rig.finish(plan)
            try rig.checkInvariants(plan)
        },
    ]
}

func rounded(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
