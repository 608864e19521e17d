import Glibc
import SweepWire

extension FaultCase {
    /// 40 and what follows from the issue beyond the plan.
    static let operationCases = [
        FaultCase(40, "1,000 agents come back at once", isQuick: false, limit: 120) { rig in try rig.storm() },
        FaultCase(69, "1,000 agents come back at once, over TLS", isQuick: false, limit: 120) { rig in
            rig.isEncrypted = true
            try rig.storm()
        },
    ]
}

extension Rig {
    func storm() throws {
        (heartbeat, lease) = (5, 90)
        try startController()
        try lead(to: "127.0.0.1:\(port())")
        let storm = try start(
            [programs + "/SweepFaults", "storm", "--home", home.path, "--agents", "1000"]
                + (joinLine.map { ["--join", $0] } ?? []), named: "storm")
        check(poll(90) { storm.text.contains("all connected") }, "they did not come in: \(storm.text.suffix(300))")
        killController()
        nap(2)
        let began = monotonic()
        try startController()
        check(poll(60) { storm.text.contains("all back") }, "they did not come back: \(storm.text.suffix(300))")
        let seconds = monotonic() - began
        figures.append("all back \(rounded(seconds)) s after the controller's start")
        check(seconds < 15, "that took \(rounded(seconds)) s")
    }
}
