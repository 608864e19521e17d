import Glibc
import SweepAgent
import SweepModel
import SweepRecord
import SweepWire
import Testing
import TrialShim

/// The shim as the agent starts it, with real processes.
@Suite struct ShimTests {
    let folder: TemporaryFolder
    let attempt: AttemptFolder

    init() throws {
        folder = try TemporaryFolder()
        attempt = AttemptFolder(path: folder.path + "/attempt")
    }

    private func plan(_ argv: [String], executable: String? = nil, directory: String = "/") -> LaunchPlan {
        LaunchPlan(
            executable: executable ?? argv[0], argv: argv, directory: directory,
            environment: ["PATH": "/usr/bin:/bin", "MARK": "a=b c\nd"], additions: [:], folder: attempt)
    }

    private func start(_ plan: LaunchPlan) throws -> Launcher.Started {
        let launcher = Launcher()
        try launcher.prepare(plan, .example(plan.argv))
        return try start()
    }

    /// By a server that ends at once: its shims go on without it.
    private func start() throws -> Launcher.Started {
        let launcher = Launcher()
        var server: Launcher.ShimServer?
        defer { if let server { launcher.stop(server) } }
        return try launcher.start(attempt, by: &server)
    }

    /// Waits until the shim has ended.
    private func wait(_ started: Launcher.Started) {
        var file = pollfd(fd: started.pidfd, events: Int16(POLLIN), revents: 0)
        #expect(poll(&file, 1, 60_000) == 1)
    }

    private func run(_ plan: LaunchPlan) throws -> ExitRecord {
        let started = try start(plan)
        defer { close(started.pidfd) }
        wait(started)
        return try #require(ExitRecord.read(attempt))
    }

    private func run(sh script: String) throws -> ExitRecord { try run(plan(["/bin/sh", "-c", script])) }

    /// A process id that the trial wrote into a file.
    private func pid(_ name: String) async throws -> Int32 {
        try await eventually("the trial writes \(name)") { () -> Int32? in
            guard let line = text("\(folder.path)/\(name)"), line.hasSuffix("\n") else { return nil }
            return Int32(line.dropLast())
        }
    }

    @Test func `the exit code, the output and the environment of a trial arrive`() throws {
        let record = try run(sh: #"printf '%s|' "$MARK" "$#"; echo oops >&2; exit 7"#)
        #expect(record.code == 7)
        #expect(record.signal == nil)
        #expect(record.error == nil)
        #expect(record.ended >= record.started)
        #expect(record.peakMemory > 100_000)
        #expect(text(attempt.output) == "a=b c\nd|0|oops\n")
        #expect(text(attempt.recordFile("output.errors")) == "[10,15]\n")
    }

    @Test func `it is noted which bytes of the output are standard error, to the last one`() throws {
        let record = try run(
            sh: """
                i=0
                while [ $i -lt 500 ]; do echo "out $i"; echo "err $i" >&2; i=$((i+1)); done
                head -c 3000000 /dev/zero | tr '\\0' e >&2
                echo end
                (sleep 0.2; echo late >&2) &
                echo last >&2
                """)
        #expect(record.code == 0)
        let output = try Array(#require(text(attempt.output)).utf8)
        var errors = ErrorRuns()
        errors.take(try Array(#require(text(attempt.recordFile("output.errors"))).utf8))
        let told = errors.runs.flatMap { output[$0] }
        let rest = Set(errors.runs.flatMap { Array($0) })
        let out = output.indices.filter { !rest.contains($0) }.map { output[$0] }
        let numbers = 0..<500
        #expect(String(decoding: out, as: UTF8.self) == numbers.map { "out \($0)\n" }.joined() + "end\n")
        let expected = numbers.map { "err \($0)\n" }.joined() + String(repeating: "e", count: 3_000_000) + "last\n"
        #expect(String(decoding: told, as: UTF8.self) == expected)
    }

    @Test func `a command that joins the two is left alone`() throws {
        _ = try run(sh: "exec 2>&1; echo out; echo err >&2; echo out")
        #expect(text(attempt.output) == "out\nerr\nout\n")
        #expect(text(attempt.recordFile("output.errors")) == nil)
    }

    @Test func `an argument is passed as it is, whatever is in it`() throws {
        let long = String(repeating: "x", count: 100_000)
        _ = try run(plan(["/usr/bin/printf", "%s\n", "a b", "$HOME `id`", "", "ü\"'", long]))
        #expect(text(attempt.output) == "a b\n$HOME `id`\n\nü\"'\n\(long)\n")
    }

    @Test func `a signal that ends the trial is told by its number`() throws {
        let record = try run(sh: "kill -SEGV $$")
        #expect(record.signal == Int(SIGSEGV))
        #expect(record.code == nil)
    }

    @Test func `standard input is empty and no descriptor of the agent's is open`() throws {
        // ls opens the folder as the lowest free number.
        let record = try run(sh: "cat; exec ls /proc/self/fd")
        #expect(record.code == 0)
        #expect(text(attempt.output) == "0\n1\n2\n3\n")
    }

    @Test(.enabled(if: !Sanitizer.isOn, "the thread sanitizer makes a fork of the vfork that brings the error here"))
    func `a program that cannot be executed is told with its error`() throws {
        #expect(try run(plan(["/nonexistent/program"])).error == .init(step: "exec", number: ENOENT))
        #expect(try run(plan(["/etc/passwd"])).error == .init(step: "exec", number: EACCES))
        let noShebang = try folder.write("plain", "echo hi\n", executable: true)
        #expect(try run(plan([noShebang])).error == .init(step: "exec", number: ENOEXEC))
        #expect(try run(plan(["/bin/true"], directory: "/nowhere")).error == .init(step: "chdir", number: ENOENT))
    }

    @Test func `a damaged launch file is told, not executed`() throws {
        for bytes in [
            "", "sweep-launch-1", "sweep-launch-1\0/bin/true\0/\099999\0a\0", "other\0/bin/true\0/\01\0a\00\0",
        ] {
            try Launcher().prepare(plan(["/bin/true"]), .example([]))
            try DiskFile.write(attempt.launch, Array(bytes.utf8))
            let started = try start()
            wait(started)
            close(started.pidfd)
            #expect(ExitRecord.read(attempt)?.error == .init(step: "launch", number: EBADMSG))
        }
    }

    @Test func `daemons that ignore SIGTERM are gone when the shim is`() async throws {
        let record = try run(
            sh: """
                for n in 1 2 3 4 5; do
                  (trap '' TERM INT HUP; setsid sh -c 'trap "" TERM; echo $$ > \(folder.path)/d'$n'; sleep 300 & sleep 300' &) &
                done
                for n in 1 2 3 4 5; do while [ ! -s \(folder.path)/d$n ]; do sleep 0.01; done; done
                exit 3
                """)
        #expect(record.code == 3)
        #expect(record.swept > 0)
        for number in 1...5 { #expect(!isAlive(try await pid("d\(number)"))) }
    }

    @Test func `a server that was killed is replaced, and its shims go on`() async throws {
        let launcher = Launcher()
        var server: Launcher.ShimServer?
        defer { if let server { launcher.stop(server) } }
        try launcher.prepare(plan(["/bin/sh", "-c", "echo $$ > \(folder.path)/up; exec sleep 300"]), .example([]))
        let first = try launcher.start(attempt, by: &server)
        _ = try await pid("up")
        let killed = try #require(server).process
        kill(killed, SIGKILL)
        let other = AttemptFolder(path: folder.path + "/other")
        let plan = LaunchPlan(
            executable: "/bin/true", argv: ["/bin/true"], directory: "/", environment: [:], additions: [:],
            folder: other)
        try launcher.prepare(plan, .example([]))
        let second = try launcher.start(other, by: &server)
        wait(second)
        #expect(ExitRecord.read(other)?.code == 0)
        #expect(server?.process != killed)
        #expect(RunLock.holder(attempt) == .held(by: first.shim))
        #expect(trial_shim_pidfd_signal(first.pidfd, TRIAL_SHIM_KILL) == 0)
        wait(first)
    }

    @Test func `the lock is held as long as the shim lives, and by one shim only`() async throws {
        let started = try start(plan(["/bin/sh", "-c", "echo $$ > \(folder.path)/up; exec sleep 300"]))
        defer { close(started.pidfd) }
        _ = try await pid("up")
        #expect(RunLock.holder(attempt) == .held(by: started.shim))
        #expect(throws: SweepError.self) { try start() }
        #expect(trial_shim_pidfd_signal(started.pidfd, TRIAL_SHIM_KILL) == 0)
        wait(started)
        #expect(RunLock.holder(attempt) == .free)
        #expect(ExitRecord.read(attempt)?.signal == Int(SIGKILL))
    }

    @Test func `terminate ends a trial's whole tree`() async throws {
        let started = try start(
            plan(["/bin/sh", "-c", "sleep 300 & echo $! > \(folder.path)/child; echo $$ > \(folder.path)/up; wait"]))
        defer { close(started.pidfd) }
        let (trainer, child) = (try await pid("up"), try await pid("child"))
        kill(started.shim, SIGTERM)
        wait(started)
        #expect(ExitRecord.read(attempt)?.signal == Int(SIGTERM))
        #expect(!isAlive(trainer) && !isAlive(child))
    }

    @Test func `interrupt reaches the trainer and lets it clean up`() async throws {
        let started = try start(
            plan([
                "/bin/sh", "-c",
                "trap 'echo cleaned; exit 5' INT; echo $$ > \(folder.path)/up; while :; do sleep 0.01; done",
            ]))
        defer { close(started.pidfd) }
        _ = try await pid("up")
        #expect(trial_shim_pidfd_signal(started.pidfd, TRIAL_SHIM_INTERRUPT) == 0)
        wait(started)
        #expect(ExitRecord.read(attempt)?.code == 5)
        #expect(text(attempt.output)?.hasSuffix("cleaned\n") == true)
    }

    @Test func `the trainer dies with a shim that is killed`() async throws {
        let started = try start(plan(["/bin/sh", "-c", "echo $$ > \(folder.path)/up; exec sleep 300"]))
        defer { close(started.pidfd) }
        let trainer = try await pid("up")
        kill(started.shim, SIGKILL)
        wait(started)
        _ = try await eventually("the trainer is gone") { isAlive(trainer) ? nil : true }
        #expect(ExitRecord.read(attempt) == nil)
        #expect(RunLock.holder(attempt) == .free)
    }

    @Test func `a trial that closes its output or floods it ends as any other`() throws {
        #expect(try run(sh: "exec 1>&- 2>&-; exit 4").code == 4)
        #expect(try run(sh: "head -c 50000000 /dev/zero | tr '\\0' x; exit 6").code == 6)
        let file = open(attempt.output, O_RDONLY)
        defer { close(file) }
        #expect(DiskFile.size(file) == 50_000_000)
    }
}
