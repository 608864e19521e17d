import FoundationEssentials
import Glibc
import SweepModel
import Testing

/// Training scripts that misbehave: each ends with a reason in words, and the others go on.
@Suite(.serialized) struct HostileTrialTests {
    /// One sweep whose trials run `sh case.sh NAME` for each name; gives the trial of each.
    private func run(_ script: String, _ names: [String], _ home: Home) async throws -> [String: ParameterValue] {
        try home.write("case.sh", script)
        let sweep = try await home.create(
            """
            method: grid
            metric: {name: loss, goal: minimize}
            command: [sh, case.sh, "${case}"]
            parameters:
              case: {values: [\(names.joined(separator: ", "))]}
            """)
        let agent = try home.start("agent", "--sweep", sweep, "--slots", "2", "--name", "hostile")
        #expect(try await agent.wait(180) == 0, "\(agent.error)")
        let trials = try await home.trials(sweep)
        #expect(trials.count == names.count)
        return Dictionary(trials.map { ($0["params"]?["case"]?.string ?? "", $0) }) { $1 }
    }

    @Test func `what a script does wrong is said in one line`() async throws {
        let home = try Home()
        let trials = try await run(
            """
            case $1 in
            crash) echo 'Traceback (most recent call last):' >&2; echo 'ValueError: bad shape' >&2; exit 1 ;;
            good1|good2) echo 'loss=1' ;;
            silent) echo 'accuracy=0.5' ;;
            nan) echo '{"loss": NaN}' ;;
            segv) kill -SEGV $$ ;;
            infinite) echo '{"loss": 1}'; echo '{"loss": Infinity}' ;;
            esac
            """, ["crash", "good1", "silent", "good2", "nan", "segv", "infinite"], home)
        #expect(trials["crash"]?.reason == "exit code 1: ValueError: bad shape")
        #expect(trials["crash"]?["exit"] == 1)
        #expect(trials["silent"]?.reason == "objective 'loss' never reported; seen: accuracy")
        #expect(trials["nan"]?.reason.hasPrefix("objective 'loss' was NaN") == true)
        #expect(trials["infinite"]?.reason.hasPrefix("objective 'loss' was Infinity") == true)
        #expect(trials["segv"]?.reason.contains("signal 11") == true)
        #expect(trials["good1"]?.state == "completed")
        #expect(trials["good2"]?.state == "completed")
    }

    @Test func `floods, endless lines and binary neither block nor hide the metric`() async throws {
        let home = try Home()
        let trials = try await run(
            """
            case $1 in
            flood) yes 'some output of a chatty script' | head -n 1000000 ;;
            line) head -c 50000000 /dev/zero | tr '\\0' x; echo ;;
            binary) head -c 3000000 /dev/urandom; echo ;;
            closed) exec >&- 2>&-; echo '{"loss": 2}' >> "$SWEEP_METRICS_FILE"; exit 0 ;;
            esac
            echo 'loss=2'
            """, ["flood", "line", "binary", "closed"], home)
        for name in ["flood", "line", "binary", "closed"] {
            #expect(trials[name]?.state == "completed", "\(name): \(trials[name]?.reason ?? "")")
            #expect(trials[name]?.objective == 2)
        }
    }

    @Test func `children that outlive their trial are gone with it`() async throws {
        let home = try Home()
        let trials = try await run(
            """
            (trap '' TERM INT HUP; setsid sh -c 'trap "" TERM INT HUP; sleep 600 & wait' & ) &
            sleep 0.2
            echo 'loss=1'
            """, ["a", "b"], home)
        #expect(trials.values.allSatisfy { $0.state == "completed" })
        #expect(home.trialProcesses().isEmpty)
    }

    @Test func `a program that is not there is said so`() async throws {
        let home = try Home()
        let sweep = try await home.create(
            """
            method: grid
            program: missing.py
            command: ["no-such-interpreter", "${program}"]
            parameters: {x: {values: [1]}}
            """)
        let agent = try home.start("agent", "--sweep", sweep)
        #expect(try await agent.wait(60) == 0, "\(agent.error)")
        let trials = try await home.trials(sweep)
        #expect(trials.first?.state == "failed")
        #expect(
            trials.first?.reason.contains("missing.py") == true
                || trials.first?.reason.contains("no-such-interpreter") == true)
    }

    @Test func `a trial that runs too long is ended, deaf or not`() async throws {
        let home = try Home()
        try home.write("deaf.sh", "trap '' INT TERM; echo loss=1; while :; do sleep 0.1; done")
        let sweep = try await home.create(
            """
            method: grid
            timeout: 1s
            metric: {name: loss}
            command: [sh, deaf.sh]
            parameters: {x: {values: [1]}}
            """)
        let agent = try home.start("agent", "--sweep", sweep, "--grace", "1")
        #expect(try await agent.wait(90) == 0, "\(agent.error)")
        let trials = try await home.trials(sweep)
        #expect(trials.first?.reason.contains("timeout") == true)
        #expect(home.trialProcesses().isEmpty)
    }
}
