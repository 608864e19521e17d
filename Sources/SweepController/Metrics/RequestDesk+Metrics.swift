import Glibc
import SweepEngine
import SweepModel
import SweepStore
import SweepWire

extension RequestDesk {
    /// Everything that `/metrics` shows. No names of sweeps, trials or people: counts and sizes.
    ///
    /// - Parameter eventLoopLatency: seconds between the network thread being asked and its answer.
    func metrics(eventLoopLatency: Double) async throws -> String {
        let asked = SystemClock.now().instant
        let waiting = parts.inbox.count
        let snapshot = await parts.status.newest(parts.inbox)
        let engineLatency = SystemClock.now().instant.seconds(since: asked)
        let sweeps = try await blocking { [store = parts.store] () throws(SweepError) in try store.sweeps() }
        var text = MetricsText()
        text.gauge("sweep_build_info", "The controller's version.", [([("version", SweepBuild.version)], 1)])
        text.gauge(
            "sweep_start_time_seconds", "When the controller was started, in seconds since 1970.",
            Double(parts.started.milliseconds) / 1000)
        text.gauge(
            "sweep_problem", "1 while the controller cannot write its record.", snapshot.problem == nil ? 0 : 1)

        let states = Dictionary(grouping: sweeps, by: \.record.state).mapValues { Double($0.count) }
        text.gauge(
            "sweep_sweeps", "Sweeps by state.",
            SweepState.allCases.map { ([("state", $0.rawValue)], states[$0] ?? 0) })
        var trials: [String: Int] = [:]
        for sweep in sweeps { for (state, count) in sweep.counts { trials[state.rawValue, default: 0] += count } }
        text.gauge(
            "sweep_trials", "Trials by state.",
            TrialState.allCases.map { ([("state", $0.rawValue)], Double(trials[$0.rawValue] ?? 0)) })
        addFleet(snapshot.agents, to: &text)

        text.gauge("sweep_queue_entries", "Events that wait for the engine.", Double(waiting))
        text.gauge("sweep_requests", "Requests of clients that are being answered.", Double(requestCount))
        text.gauge(
            "sweep_engine_latency_seconds", "How long an event waits for the engine at this moment.", engineLatency)
        text.gauge(
            "sweep_event_loop_latency_seconds", "How long the network thread takes to begin with something new.",
            eventLoopLatency)
        addSizes(to: &text)
        return text.text
    }

    private func addFleet(_ agents: [AgentView], to text: inout MetricsText) {
        let suspect = agents.count { $0.isConnected && $0.isSuspect }
        let connected = agents.count { $0.isConnected } - suspect
        text.gauge(
            "sweep_agents", "Agents by state.",
            [
                ([("state", "connected")], Double(connected)), ([("state", "suspect")], Double(suspect)),
                ([("state", "disconnected")], Double(agents.count - connected - suspect)),
            ])
        let slots = agents.filter(\.isConnected).flatMap(\.slots)
        let busy = slots.count { $0.attempt != nil }
        let paused = slots.count { $0.attempt == nil && $0.paused != nil }
        text.gauge(
            "sweep_slots", "Slots of connected agents by what they do.",
            [
                ([("state", "busy")], Double(busy)), ([("state", "paused")], Double(paused)),
                ([("state", "idle")], Double(slots.count - busy - paused)),
            ])
    }

    private func addSizes(to text: inout MetricsText) {
        let home = parts.configuration.home
        text.gauge(
            "sweep_database_bytes", "Size of the database and of its write-ahead log.",
            [
                ([("file", "database")], Double(FileFacts(home.database)?.size ?? 0)),
                ([("file", "wal")], Double(FileFacts(home.database + "-wal")?.size ?? 0)),
            ])
        var disk = statvfs()
        if statvfs(home.path, &disk) == 0 {
            text.gauge(
                "sweep_disk_free_bytes", "Free space of the home's disk.", Double(disk.f_bavail) * Double(disk.f_frsize)
            )
        }
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            text.gauge(
                "sweep_cpu_seconds", "CPU time that the controller has used.",
                seconds + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6)
        }
        text.gauge("sweep_resident_memory_bytes", "Memory of the controller.", Self.residentMemory())
    }

    /// The second number of /proc/self/statm, in pages.
    private static func residentMemory() -> Double {
        let words = (PrivateFile.line("/proc/self/statm") ?? "").split(separator: " ")
        return (words.count > 1 ? Double(words[1]) ?? 0 : 0) * Double(sysconf(Int32(_SC_PAGESIZE)))
    }
}
