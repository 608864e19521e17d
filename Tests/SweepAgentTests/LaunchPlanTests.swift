import SweepAgent
import SweepModel
import SweepWire
import Testing

@Suite struct LaunchPlanTests {
    /// A machine of which only these files and folders exist.
    private func context(
        files: [String] = [], plain: [String] = [], folders: [String] = [], environment: [String: String] = [:],
        devices: SlotDevices = .none, resumeFrom: String? = nil
    ) -> LaunchContext {
        let programs = Set(files + ["/usr/bin/env", "/usr/bin/python3"])
        let (plain, folders) = (Set(plain), Set(folders))
        return LaunchContext(
            environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }, directory: "/agent",
            folder: AttemptFolder(path: "/home/a/attempts/t-1"), devices: devices, resumeFrom: resumeFrom,
            files: FileLookup { path in
                if programs.contains(path) { return .file(executable: true) }
                if plain.contains(path) { return .file(executable: false) }
                return folders.contains(path) ? .folder : .missing
            })
    }

    @Test func `the program is looked for in the agent's directory first, then where the sweep was created`() throws {
        let assignment = Assignment.example([], parameters: [.init("lr", 0.5)], program: "train.py", createdIn: "/made")
        let here = try LaunchPlan.make(assignment, context(plain: ["/agent/train.py", "/made/train.py"]))
        #expect(here.directory == "/agent")
        #expect(here.argv == ["/usr/bin/env", "python3", "train.py", "--lr=0.5"])
        #expect(here.executable == "/usr/bin/env")
        #expect(try LaunchPlan.make(assignment, context(plain: ["/made/train.py"])).directory == "/made")
    }

    @Test func `a program that is nowhere is told with both places`() {
        let error = #expect(throws: SweepError.self) {
            try LaunchPlan.make(.example([], program: "train.py", createdIn: "/made"), context())
        }
        #expect(error?.message.contains("/agent") == true && error?.message.contains("/made") == true)
        #expect(error?.remedy?.contains("workdir") == true)
    }

    @Test func `a script in the command tells the directory as well`() throws {
        for command in [["python3", "run/train.py"], ["sh", "run.sh"], ["python3", "-m", "run.main", "${args}"]] {
            let files = ["/made/run/train.py", "/made/run.sh", "/made/run/main.py"]
            let plan = try LaunchPlan.make(
                .example(command, createdIn: "/made"), context(files: ["/usr/bin/sh"], plain: files))
            #expect(plan.directory == "/made", "\(command)")
        }
        let other = try LaunchPlan.make(.example(["python3", "x.py"], createdIn: "/made"), context())
        #expect(other.directory == "/agent")
    }

    @Test func `an explicit workdir is taken, or refused where it is missing`() throws {
        let assignment = Assignment.example([], program: "t.py", workdir: "/work")
        let there = context(plain: ["/work/t.py"], folders: ["/work"])
        #expect(try LaunchPlan.make(assignment, there).directory == "/work")
        #expect(throws: SweepError.self) { try LaunchPlan.make(assignment, context(folders: ["/work"])) }
        #expect(throws: SweepError.self) { try LaunchPlan.make(assignment, context()) }
    }

    @Test func `python stays python where there is one`() throws {
        let plan = try LaunchPlan.make(
            .example([], program: "/x/t.py"), context(files: ["/bin/python"], plain: ["/x/t.py"]))
        #expect(plan.argv[1] == "python")
    }

    @Test func `a missing program and one without permission are told apart`() {
        let missing = #expect(throws: SweepError.self) { try LaunchPlan.make(.example(["trainer"]), context()) }
        #expect(missing?.message == "program 'trainer' not found in the agent's PATH")
        let refused = #expect(throws: SweepError.self) {
            try LaunchPlan.make(.example(["./t.sh"]), context(plain: ["/agent/./t.sh"]))
        }
        #expect(refused?.message.contains("not executable") == true)
    }

    @Test func `the trial finds its identity and W&B's, and not the agent's token`() throws {
        let assignment = Assignment.example(
            ["python3"], attempt: 2,
            environment: ["WANDB_MODE": "disabled", "SWEEP_TRIAL_ID": "x", "DATA": "/d", "": "x", "A=B": "x"])
        let outer = ["SWEEP_TOKEN": "secret", "WANDB_SERVICE": "x", "KEEP": "1", "SWEEP_RESUME_FROM": "/stale"]
        let environment = try LaunchPlan.make(assignment, context(environment: outer)).environment
        #expect(!environment.values.contains("secret"))
        #expect(environment["WANDB_SERVICE"] == nil)
        #expect(environment["SWEEP_RESUME_FROM"] == nil)
        #expect(environment["KEEP"] == "1")
        #expect(environment["DATA"] == "/d")
        #expect(environment["WANDB_MODE"] == "disabled")
        #expect(environment["SWEEP_ID"] == "abcd2345")
        #expect(environment["SWEEP_TRIAL_ID"] == "abcd2345-1")
        #expect(environment["SWEEP_ATTEMPT"] == "2")
        #expect(environment["SWEEP_SEED"] == "42")
        #expect(environment["PYTHONUNBUFFERED"] == "1")
        #expect(environment["WANDB_SWEEP_ID"] == "abcd2345")
        #expect(environment["WANDB_RUN_ID"] == "abcd2345-1-2")
        #expect(environment["WANDB_SWEEP_PARAM_PATH"] == "/home/a/attempts/t-1/config.yaml")
        #expect(environment["WANDB_DIR"] == "/home/a/attempts/t-1")
        #expect(environment["CUDA_VISIBLE_DEVICES"] == nil)
        #expect(environment[""] == nil && environment["A=B"] == nil)
    }

    @Test func `a GPU slot shows its GPUs and nothing else`() throws {
        let nvidia = try LaunchPlan.make(
            .example(["python3"]), context(devices: SlotDevices(entries: ["0", "GPU-1f"]), resumeFrom: "/old"))
        #expect(nvidia.environment["CUDA_VISIBLE_DEVICES"] == "0,GPU-1f")
        #expect(nvidia.environment["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID")
        #expect(nvidia.environment["HIP_VISIBLE_DEVICES"] == nil)
        #expect(nvidia.environment["SWEEP_RESUME_FROM"] == "/old")
        let amd = SlotDevices(vendor: .amd, entries: ["3"])
        #expect(amd.environment["HIP_VISIBLE_DEVICES"] == "3")
    }

    @Test func `only what differs from the agent's environment is an addition`() throws {
        let plan = try LaunchPlan.make(.example(["python3"]), context(environment: ["PYTHONUNBUFFERED": "1"]))
        #expect(plan.additions["PYTHONUNBUFFERED"] == nil)
        #expect(plan.additions["PATH"] == nil)
        #expect(plan.additions["SWEEP_SEED"] == "42")
    }

    @Test func `W&B's parameter file is YAML that PyYAML reads as it was meant`() {
        let text = WandbParameterFile.text([
            .init("lr", 1e-05), .init("big", 1e16), .init("half", 0.5), .init("off", true), .init("n", 3),
            .init("opt", .object([.init("name", "adam"), .init("betas", [0.9, 1e-3])])), .init("s", "1e-5"),
            .init("odd: key", "a\n\"b\""), .init("empty", .object([])), .init("nothing", nil),
            .init("nan", .double(.nan)),
        ])
        #expect(
            text == """
                wandb_version: 1

                lr:
                  value: 1.0e-05
                big:
                  value: 1.0e+16
                half:
                  value: 0.5
                "off":
                  value: true
                "n":
                  value: 3
                opt:
                  value:
                    name: adam
                    betas: [0.9, 0.001]
                s:
                  value: "1e-5"
                "odd: key":
                  value: "a\\n\\"b\\""
                empty:
                  value: {}
                nothing:
                  value: null
                "nan":
                  value: .nan

                """)
        #expect(WandbParameterFile.text([]) == "wandb_version: 1\n")
    }
}
