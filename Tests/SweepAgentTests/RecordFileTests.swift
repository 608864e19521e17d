import Glibc
import NIOPosix
import SweepAgent
import SweepModel
import SweepRecord
import SweepWire
import Synchronization
import Testing

/// Files with metrics that trials leave: an agent in this process with real trials, against a fake controller.
@Suite struct RecordFileTests {
    let folder: TemporaryFolder
    let controller = FakeController()
    let said = AgentTests.Said()

    init() throws {
        folder = try TemporaryFolder()
        for type in BuiltIns.fileSources {
            try DiskFile.write("\(folder.path)/sample-\(type.sample.file)", type.sample.bytes)
        }
        try DiskFile.makeFolder(folder.path + "/work")
    }

    private func withAgent(
        slots: Int = 1, captures: Bool = false, _ body: @escaping @Sendable (Agent) async throws -> Void
    ) async throws {
        controller.state.withLock { $0.takesFiles = true }
        if controller.port == 0 { try await controller.start() }
        var configuration = AgentConfiguration(
            id: AgentID("a1"), incarnation: AgentIdentity.random(), name: "test", host: "here",
            folder: folder.path + "/agents/test",
            slots: (0..<slots).map { AgentSlot(info: SlotInfo(index: $0)) }, grace: 0.3,
            environment: ["PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"],
            directory: folder.path + "/work")
        configuration.tinyTrial = 0
        try await withRunningAgent(
            configuration, home: folder, controller: controller, said: said, captures: captures, body)
    }

    private func run(_ script: String, slot: Int = 0, trial: Int = 1) -> Assignment {
        var assignment = Assignment.example(["sh", "-c", "S='\(folder.path)'; \(script)"])
        assignment.attempt = AttemptID(TrialID(assignment.attempt.sweep, trial), 1)
        assignment.slot = slot
        return assignment
    }

    private func waitForReady(_ count: Int) async throws {
        _ = try await eventually("slots") { controller.readySlots().count >= count ? true : nil }
    }

    private func end(of assignment: Assignment) async throws {
        _ = try await eventually("\(assignment.attempt) ends: \(said.all)") {
            controller.ends(assignment.attempt).first
        }
    }

    private func points(_ assignment: Assignment) -> [String] {
        controller.reports(assignment.attempt).map { report in
            let metrics = report.metrics.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return "\(report.source ?? "?") \(report.step.map(String.init) ?? "-") \(metrics.joined(separator: " "))"
        }
    }

    @Test func `what a trial runs is captured by the next agent where the first was killed before it had, and once`()
        async throws
    {
        let (running, short) = (run("while [ ! -e $S/gate ]; do sleep 0.02; done"), run("exit 3", slot: 1, trial: 2))
        let overview = { @Sendable [controller] (one: Assignment) -> String? in
            controller.state.withLock { $0.files[one.attempt]?[RecordFileName.overview] }
        }
        controller.state.withLock { $0.acknowledges = false }
        try await withAgent(slots: 2) { _ in
            try await waitForReady(2)
            for one in [running, short] { controller.send(.assign(one)) }
            _ = try await eventually("it runs") { controller.starts(running.attempt).first }
            try await end(of: short)
        }
        #expect(overview(running) == nil && overview(short) == nil)
        controller.state.withLock { $0.acknowledges = true }
        let folder = AttemptFolder(agentFolder: folder.path + "/agents/test", attempt: running.attempt)
        try await withAgent(slots: 2, captures: true) { _ in
            let both = try await eventually("both are captured") {
                overview(running).flatMap { one in overview(short).map { (one, $0) } }
            }
            #expect(both.0.contains("gate") && both.1.contains("exit 3"))
            _ = try await eventually("that is noted") {
                FileLookup.disk.kind(folder.path + "/captured") == .missing ? nil : true
            }
        }
        // What the next one would say of it now is not what it runs.
        unlink(folder.recordFile(RecordFileName.overview))
        controller.state.withLock { $0.files = [:] }
        try await withAgent(slots: 2, captures: true) { _ in
            try DiskFile.write(self.folder.path + "/gate", [])
            try await end(of: running)
            _ = try await eventually("it is forgotten") { FileLookup.disk.kind(folder.path) == .missing ? true : nil }
            #expect(overview(running) == nil)
        }
        await controller.shutdown()
    }

    @Test func `what a link in the trial's own folder leads to is none of its files`() async throws {
        try DiskFile.makeFolder(folder.path + "/outside/runs")
        let sample = CSVFileSource.sample
        try DiskFile.write(folder.path + "/outside/runs/metrics.csv", sample.bytes)
        try await withAgent { _ in
            try await waitForReady(1)
            let assignment = run(
                """
                cd $SWEEP_ARTIFACTS_DIR; ln -s $S/outside early; ln -s $S/outside/runs/metrics.csv metrics.csv; sleep 0.4
                ln -s / root; ln -s $S/outside late; sleep 0.2; echo loss=1
                """)
            controller.send(.assign(assignment))
            try await end(of: assignment)
            #expect(points(assignment) == ["stdout name=value - loss=1.0"])
        }
        await controller.shutdown()
    }

    @Test func `a trial that ends at once has told all of its files, those in new folders too`() async throws {
        try await withAgent { _ in
            try await waitForReady(1)
            let assignment = run(
                """
                mkdir -p $WANDB_DIR/wandb/offline-run-1 runs/a/b lightning_logs/version_0 .hidden
                cp $S/sample-run-abc.wandb $WANDB_DIR/wandb/offline-run-1/run-abc.wandb
                cp $S/sample-events* runs/a/b/events.out.tfevents.1.host
                cp $S/sample-metrics.csv lightning_logs/version_0/metrics.csv
                cp $S/sample-metrics.csv .hidden/metrics.csv
                cp $S/sample-metrics.csv lightning_logs/other.csv
                """)
            controller.send(.assign(assignment))
            try await end(of: assignment)
            let points = points(assignment)
            #expect(
                points.sorted() == [
                    "csv 19 epoch=1.0 train_loss=1e+300", "csv 9 epoch=0.0 train_loss=0.5",
                    "csv 9 epoch=0.0 val_loss=nan", "tensorboard 3 loss=nan", "wandb 0 loss=0.5 val.acc=1.0",
                    "wandb 1 loss=nan",
                ])
            let details = try await eventually("details") {
                controller.state.withLock { $0.files[assignment.attempt]?[RecordFileName.details] }
            }
            #expect(details.contains(#""kind":"text""#))
        }
        await controller.shutdown()
    }

    @Test func `a file that grows is told as it grows, and one that is written anew is not told twice`() async throws {
        try await withAgent { _ in
            try await waitForReady(1)
            let assignment = run(
                """
                printf 'step,a\\n0,1\\n1,2\\n' > metrics.csv; while [ ! -e go ]; do sleep 0.02; done
                printf 'step,a,b\\n0,1,\\n1,2,\\n2,3,\\n2,,7\\n' > metrics.csv; while [ ! -e stop ]; do sleep 0.02; done
                printf '3,4,' >> metrics.csv
                """)
            controller.send(.assign(assignment))
            _ = try await eventually("two points") { points(assignment).count == 2 ? true : nil }
            try DiskFile.write(folder.path + "/work/go", [])
            _ = try await eventually("four points") { points(assignment).count == 4 ? true : nil }
            try DiskFile.write(folder.path + "/work/stop", [])
            try await end(of: assignment)
            #expect(
                points(assignment) == ["csv 0 a=1.0", "csv 1 a=2.0", "csv 2 a=3.0", "csv 2 b=7.0", "csv 3 a=4.0"])
        }
        await controller.shutdown()
    }

    @Test func `old files are left alone, and of two trials in one folder each gets the file that it has open`()
        async throws
    {
        try DiskFile.write(folder.path + "/work/metrics.csv", Array("step,old\n0,1\n".utf8))
        var longAgo = [timeval(tv_sec: 1_700_000_000, tv_usec: 0), timeval(tv_sec: 1_700_000_000, tv_usec: 0)]
        #expect(utimes(folder.path + "/work/metrics.csv", &longAgo) == 0)
        try await withAgent(slots: 2) { _ in
            try await waitForReady(2)
            let script =
                "mkdir -p t%; exec 9>t%/metrics.csv; printf 'step,m%\\n0,1\\n' >&9; while [ ! -e go ]; do sleep 0.02; done"
            let trials = [1, 2].map { number in
                run(
                    script.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "\(number)"),
                    slot: number - 1, trial: number)
            }
            for trial in trials { controller.send(.assign(trial)) }
            for (index, trial) in trials.enumerated() {
                _ = try await eventually("\(trial.attempt)") {
                    points(trial) == ["csv 0 m\(index + 1)=1.0"] ? true : nil
                }
            }
            try DiskFile.write(folder.path + "/work/go", [])
            for trial in trials { try await end(of: trial) }
            #expect(trials.map { points($0).count } == [1, 1])
        }
        await controller.shutdown()
    }

    @Test func `an agent that starts anew goes on where the other one was, in lines and in files`() async throws {
        let script = """
            exec 9>metrics.csv; printf 'step,c\\n0,1\\n' >&9; echo step=0 o=1; echo n=1; echo e=1 >&2; printf 'half ' >&2
            while [ ! -e $S/go ]; do sleep 0.02; done; printf '1,2\\n' >&9; echo step=1 o=2; echo n=2; echo e=2 >&2
            """
        let assignment = run(script)
        try await withAgent { _ in
            try await waitForReady(1)
            controller.send(.assign(assignment))
            _ = try await eventually("four points") { points(assignment).count == 4 ? true : nil }
        }
        try DiskFile.write(folder.path + "/go", [])
        try await withAgent { _ in try await end(of: assignment) }
        #expect(
            points(assignment).sorted() == [
                "csv 0 c=1.0", "csv 1 c=2.0", "stdout name=value - e=1.0", "stdout name=value - e=2.0",
                "stdout name=value - n=1.0", "stdout name=value - n=2.0", "stdout name=value 0 o=1.0",
                "stdout name=value 1 o=2.0",
            ])
        await controller.shutdown()
    }
}

@Suite struct FolderWatchTests {
    @Test(arguments: [true, false])
    func `new record files are found in folders old and new, and in none that is hidden`(
        usesInotify: Bool
    ) async throws {
        let folder = try TemporaryFolder()
        let root = folder.path
        try DiskFile.makeFolder(root + "/old/deep")
        try DiskFile.write(root + "/old/there.csv", [])
        let watch = FolderWatch(usesInotify: usesInotify) { $0.hasSuffix(".csv") }
        watch.watch(root, isTemporary: false)
        watch.settle()
        #expect(watch.poll() == [root + "/old/there.csv"])
        #expect(usesInotify ? watch.poll().isEmpty : true)
        try DiskFile.makeFolder(root + "/new/a/b")
        try DiskFile.makeFolder(root + "/.git")
        try DiskFile.makeFolder(root + "/venv")
        let paths = ["/old/deep/1.csv", "/new/a/b/2.csv", "/3.csv", "/.git/4.csv", "/venv/pyvenv.cfg", "/no.txt"]
        for path in paths { try DiskFile.write(root + path, []) }
        watch.rescan()
        watch.settle()
        let found = Set(watch.poll()).subtracting([root + "/old/there.csv"])
        #expect(found == [root + "/old/deep/1.csv", root + "/new/a/b/2.csv", root + "/3.csv"])
        watch.unwatch(root)
        watch.settle()
        try DiskFile.write(root + "/5.csv", [])
        #expect(watch.poll().isEmpty)
    }

    @Test func `a curve's own folder comes before its tag, a run's does not`() {
        func prefix(_ folder: String) -> String { RecordFiles.prefix(folder, beside: ["w/runs/x"]) }
        #expect(prefix("w/logs/validation") == "validation/")
        #expect(prefix("w/runs/x/loss_train") == "loss_train/")
        #expect(prefix("w/runs/x/a/b") == "a/b/")
        #expect(prefix("w/runs/x/1700000000.123") == "")
        #expect(prefix("w/runs/y") == "")
        #expect(prefix("") == "")
    }
}
