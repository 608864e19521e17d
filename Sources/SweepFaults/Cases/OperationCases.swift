import Glibc
import SweepWire

extension FaultCase {
    /// 40 and what follows from the issue beyond the plan.
    static let operationCases = [
        FaultCase(40, "1,000 agents come back at once", isQuick: false, limit: 120) { rig in
            rig.heartbeat = 5
            rig.lease = 90
            try rig.startController()
            let storm = try rig.start(
                [rig.programs + "/SweepFaults", "storm", "--home", rig.home.path, "--agents", "1000"], named: "storm")
            rig.check(
                poll(90) { storm.text.contains("all connected") }, "they did not come in: \(storm.text.suffix(300))")
            rig.killController()
            nap(2)
            let start = monotonic()
            try rig.startController()
            rig.check(poll(60) { storm.text.contains("all back") }, "they did not come back: \(storm.text.suffix(300))")
            let seconds = monotonic() - start
            rig.figures.append("all back \(rounded(seconds)) s after the controller's start")
            rig.check(seconds < 15, "that took \(rounded(seconds)) s")
        }
    ]
}
