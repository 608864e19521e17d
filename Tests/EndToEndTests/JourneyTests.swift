import FoundationEssentials
import SweepModel
import Testing

/// What a person does first, with the built programs.
@Suite(.serialized) struct JourneyTests {
    private let script = """
        #!/bin/sh
        # A trial that reports x squared in two steps.
        for argument in "$@"; do
            case $argument in --x=*) x=${argument#--x=} ;; esac
        done
        echo "{\\"step\\": 1, \\"loss\\": $((x * x + 1))}"
        echo "step=2 loss=$((x * x))"
        """

    private let grid = """
        program: train.sh
        method: grid
        metric: {name: loss, goal: minimize}
        command: [sh, "${program}", "${args}"]
        parameters:
          x: {values: [3, -1, 2, 0]}
        """

    @Test func `create, an agent, the leaderboard`() async throws {
        let home = try Home()
        try home.write("train.sh", script)
        let sweep = try await home.create(grid)
        let agent = try home.start("agent", "--sweep", sweep, "--slots", "2")
        #expect(try await agent.wait(60) == 0, "\(agent.error)")

        let trials = try await home.trials(sweep)
        #expect(trials.map(\.state) == ["completed", "completed", "completed", "completed"])
        #expect(trials.map { $0["params"]?["x"] } == [3, -1, 2, 0])
        #expect(trials.map(\.objective) == [9, 1, 4, 0])

        let board = try JSONParser.parse(try await home.sweep("leaderboard", sweep, "--json"))
        #expect(board["version"] == 1)
        guard case .list(let rows) = board["trials"] else {
            Issue.record("no trials in the leaderboard")
            return
        }
        #expect(rows.map(\.objective) == [0, 1, 4, 9])
        let table = try await home.sweep("leaderboard", sweep)
        #expect(table.contains("loss"))
        let csv = try await home.sweep("leaderboard", sweep, "--csv")
        #expect(csv.split(separator: "\n").count == 5)
        #expect(try await home.sweep("list").contains(sweep))
    }

    @Test func `run does it all in one command`() async throws {
        let home = try Home()
        try home.write("train.sh", script)
        try home.write("sweep.yaml", grid)
        let run = try home.start("sweep", "run", "sweep.yaml", "--slots", "2")
        #expect(try await run.wait(90) == 0, "\(run.error)")
        #expect(run.output.contains("loss"))
        try await home.sweep("controller", "status")
    }

    @Test func `a trial finds what it needs in its environment`() async throws {
        let home = try Home()
        try home.write(
            "train.sh",
            """
            env > "$OUT/$SWEEP_TRIAL_ID.env"
            cat "$SWEEP_PARAMS_FILE" > "$OUT/params.json"
            cat "$WANDB_SWEEP_PARAM_PATH" > "$OUT/wandb.yaml"
            echo '{"loss": 0.5}' >> "$SWEEP_METRICS_FILE"
            [ -d "$SWEEP_CHECKPOINT_DIR" ] && [ -d "$SWEEP_ARTIFACTS_DIR" ] && [ -d "$WANDB_DIR" ]
            """)
        let sweep = try await home.create(
            """
            program: train.sh
            method: grid
            metric: {name: loss, goal: minimize}
            command: [sh, "${program}"]
            environment: {OUT: "\(home.project)", EXTRA: "a b"}
            parameters:
              lr: {value: 1e-5}
            """)
        let agent = try home.start("agent", "--sweep", sweep, "--gpu", "0", adding: ["SWEEP_NVML": "/nonexistent"])
        #expect(try await agent.wait(60) == 0, "\(agent.error)")
        #expect(try await home.trials(sweep).map(\.objective) == [0.5])
        let environment = Program.text(home.project + "/\(sweep)-1.env")
        for line in [
            "SWEEP_ID=\(sweep)", "SWEEP_TRIAL_ID=\(sweep)-1", "SWEEP_ATTEMPT=1", "CUDA_VISIBLE_DEVICES=0",
            "CUDA_DEVICE_ORDER=PCI_BUS_ID", "PYTHONUNBUFFERED=1", "WANDB_MODE=offline", "WANDB_SWEEP_ID=\(sweep)",
            "WANDB_RUN_ID=\(sweep)-1", "EXTRA=a b",
        ] {
            #expect(environment.split(separator: "\n").contains { $0 == line }, "\(line)")
        }
        #expect(!environment.contains("SWEEP_TOKEN"))
        #expect(try JSONParser.parse(Program.text(home.project + "/params.json")) == ["lr": 1e-05])
        #expect(Program.text(home.project + "/wandb.yaml").contains("lr:\n  value: 1.0e-05"))
    }

    @Test func `a misspelt file says where and what, and creates nothing`() async throws {
        let home = try Home()
        try home.write("bad.yaml", "method: grid\nparameters:\n  lr:\n    valeus: [1]\n")
        let check = try home.start("sweep", "check", "bad.yaml")
        #expect(try await check.wait(60) == 64)
        #expect((check.output + check.error).contains("bad.yaml:4:5"))
        #expect((check.output + check.error).contains("values"))
        let create = try home.start("sweep", "create", "bad.yaml")
        #expect(try await create.wait(60) == 64)
    }
}
