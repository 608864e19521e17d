import SweepModel
import SweepSearch
import SweepSpec
import Testing

@Suite struct SchemaTests {
    @Test func `a whole file is read`() throws {
        let result = SpecParser.parse(
            """
            name: digits
            description: "what it is for"
            project: vision
            entity: me
            program: train.py
            method: random
            metric: {name: val/loss, goal: maximize, target: 0.99, summary: max}
            run_cap: 40
            seed: 7
            parallel: 3
            retries: 2
            max_losses: 9
            repeat: 3
            priority: -1
            timeout: 1h30m
            resources: {gpus: 2}
            workdir: src
            environment: {OMP_NUM_THREADS: 4, RATE: 1e-5, EMPTY: , FLAG: yes}
            command: ["${env}", python3, "${program}", 40, 0.002, true, "--lr=${lr}", "${args}"]
            parameters:
              lr: {distribution: log_uniform_values, min: 1e-5, max: 1e-1}
              opt: {parameters: {name: {values: [sgd, adam]}, beta: {min: 0.1, max: 0.9, when: {name: adam}}}}
              layers: {values: [1, 2, 3]}
              width: {values: [64, 128, 256]}
            zip: [[layers, width]]
            """, folder: "/home/me/job")
        #expect(result.diagnostics.isEmpty)
        let spec = try #require(result.spec)
        #expect(spec.name == "digits")
        #expect(spec.description == "what it is for")
        #expect(spec.method == "random")
        #expect(spec.objective == Objective(metric: "val/loss", goal: .maximize, target: 0.99, summary: .max))
        #expect((spec.runCap, spec.seed, spec.parallel) == (40, 7, 3))
        #expect((spec.retries, spec.maxLosses, spec.repetitions, spec.priority) == (2, 9, 3, -1))
        #expect(
            spec.launch
                == LaunchSpec(
                    command: ["${env}", "python3", "${program}", "40", "0.002", "True", "--lr=${lr}", "${args}"],
                    program: "train.py", workdir: "/home/me/job/src",
                    environment: ["OMP_NUM_THREADS": "4", "RATE": "1e-5", "EMPTY": "", "FLAG": "yes"], timeout: 5400,
                    gpus: 2, project: "vision", entity: "me", sweepName: "digits", optionalParameters: ["opt.beta"]))
        #expect(
            spec.space.parameters.map(\.path) == [
                ["layers"], ["lr"], ["opt", "beta"], ["opt", "name"], ["width"],
            ])
        #expect(spec.space.couplings == [[["layers"], ["width"]]])
        #expect(
            spec.space.parameters[2].condition
                == Condition(clauses: [.init(parent: ["opt", "name"], values: ["adam"])]))
    }

    @Test func `what trials are given is a list of artifacts`() throws {
        let spec = try #require(
            SpecParser.parse(
                sweep(
                    "a: {values: [1]}",
                    more: """
                        use_artifact: [model:best, {name: "abc/dataset:v3", as: data}]
                        environment: {SWEEP_USE_ARTIFACTS: "vocabulary, old=model:v0"}

                        """)
            ).spec)
        #expect(
            spec.launch.inputs
                == [
                    try ArtifactInput("model:best"), try ArtifactInput("abc/dataset:v3", folder: "data"),
                    try ArtifactInput("vocabulary"), try ArtifactInput("model:v0", folder: "old"),
                ])
        #expect(spec.launch.inputs?.map(\.folder) == ["model", "data", "vocabulary", "old"])
        let one = SpecParser.parse(sweep("a: {values: [1]}", more: "use_artifact: model\n")).spec
        #expect(one?.launch.inputs == [try ArtifactInput("model")])
    }

    @Test func `keep is a rule for all artifacts, or one for each`() throws {
        func keep(_ text: String) -> KeepRules? {
            SpecParser.parse(sweep("a: {values: [1]}", more: "metric: {name: x}\nkeep: \(text)\n")).spec?.keep
        }
        #expect(keep("best 5") == KeepRules(usual: .best(5)))
        #expect(keep("all") == KeepRules())
        #expect(keep("{model: best 5, logs: latest 2}") == KeepRules(named: ["model": .best(5), "logs": .latest(2)]))
    }

    @Test func `the least file has W&B's defaults`() throws {
        let spec = try #require(SpecParser.parse(sweep("a: {values: [1]}")).spec)
        #expect(spec.launch.command == CommandTemplate.standard)
        #expect(spec.objective == nil)
        #expect((spec.runCap, spec.parallel, spec.seed) == (nil, nil, nil))
        #expect((spec.retries, spec.maxLosses, spec.repetitions, spec.priority) == (0, 5, 1, 0))
        #expect(spec.launch.timeout == nil)
        #expect(spec.launch.gpus == nil)
    }

    @Test(arguments: [
        ("constant", "value: 3"), ("categorical", "values: [1, x, null, [1, 2]]"),
        ("categorical_w_probabilities", "values: [a, b], probabilities: [0.25, 0.75]"),
        ("int_uniform", "min: 1, max: 5"), ("uniform", "min: 0, max: 1.0"), ("uniform", "min: 0.1, max: 5"),
        ("uniform", "distribution: uniform, min: 1, max: 5"),
        ("q_uniform", "distribution: q_uniform, min: 0, max: 9, q: 3"),
        ("log_uniform_values", "distribution: log_uniform_values, min: 1e-5, max: 1e-1"),
        ("q_log_uniform_values", "distribution: q_log_uniform_values, min: 1, max: 100"),
        ("inv_log_uniform_values", "distribution: inv_log_uniform_values, min: 1, max: 100"),
        ("normal", "distribution: normal"), ("normal", "distribution: normal, mu: 1, sigma: 2"),
        ("q_normal", "distribution: q_normal, q: 2"), ("log_normal", "distribution: log_normal, mu: 0"),
        ("q_log_normal", "distribution: q_log_normal"), ("beta", "distribution: beta, a: 2, b: 3"),
        ("q_beta", "distribution: q_beta, a: 2, q: 0.1"),
    ])
    func `every form of a parameter is its law`(law: String, fields: String) throws {
        let result = SpecParser.parse(sweep("a: {\(fields)}"))
        #expect(result.diagnostics.isEmpty)
        let distribution = try #require(result.spec?.space.parameters.first?.distribution)
        #expect(type(of: distribution).name == law)
    }

    @Test(arguments: ["log_uniform", "inv_log_uniform", "q_log_uniform"])
    func `laws over exponents work, with W&B's warning`(law: String) {
        let yaml = sweep("a: {distribution: \(law), min: -9, max: -1}")
        #expect(SpecParser.parse(yaml).spec != nil)
        #expect(problems(yaml).map { $0.prefix(12) } == ["warning 4:21"])
        #expect(SpecParser.parse(yaml, strict: true).spec == nil)
    }

    @Test func `a dotted name is one parameter, nesting is another`() throws {
        let spec = try #require(
            SpecParser.parse(sweep("opt.lr: {value: 1}", "opt: {parameters: {lr: {value: 2}}}", "Z-9: {value: 0}")).spec
        )
        #expect(spec.space.parameters.map(\.path) == [["Z-9"], ["opt", "lr"], ["opt.lr"]])
    }

    @Test func `merge keys and aliases bring what they name`() throws {
        let result = SpecParser.parse(
            """
            method: random
            program: &p train.py
            name: *p
            parameters:
              a: &range {min: 0.1, max: 0.9}
              b: {<<: *range, max: 0.5}
              c: *range
              d: {<<: [{min: 1}, {min: 2, max: 4}]}
              star: {values: ["a *b", '*x', "2 * 3"]}
            """)
        #expect(result.diagnostics.isEmpty)
        let spec = try #require(result.spec)
        #expect(spec.name == "train.py")
        #expect(
            spec.space.parameters.map(\.distribution.summary) == [
                "uniform 0.1 … 0.9", "uniform 0.1 … 0.5", "uniform 0.1 … 0.9", "int_uniform 1 … 4",
                #"categorical "a *b", "*x", "2 * 3""#,
            ])
    }

    @Test(arguments: [
        ("90", 90.0), ("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400), ("1.5h", 5400), ("1h30m", 5400),
        ("0.5", 0.5),
    ])
    func `a timeout is seconds, or a time with its unit`(text: String, seconds: Double) {
        #expect(SpecParser.parse(sweep("a: {value: 1}", more: "timeout: \(text)\n")).spec?.launch.timeout == seconds)
    }

    @Test(arguments: ["0", "-1", "soon", "5x", "m", "1h30", "1..5h", "[1]", ".inf", "1e99h", "٣s"])
    func `what is no time is an error`(text: String) {
        #expect(problems(sweep("a: {value: 1}", more: "timeout: \(text)\n")).count == 1)
    }

    @Test func `a workdir is meant from the file's folder`() {
        func workdir(_ text: String, _ folder: String?) -> String? {
            SpecParser.parse(sweep("a: {value: 1}", more: "workdir: \(text)\n"), folder: folder).spec?.launch.workdir
        }
        #expect(workdir("x/y", "/a") == "/a/x/y")
        #expect(workdir(".", "/a") == "/a")
        #expect(workdir("./x", "/") == "/x")
        #expect(workdir("/b", "/a") == "/b")
        #expect(workdir("x", nil) == "x")
        #expect(problems(sweep("a: {value: 1}", more: "workdir: ~/x\n")).count == 1)
    }

    @Test func `a grid is made of laws that it can take`() {
        #expect(problems(sweep("a: {min: 1, max: 9}", "b: {values: [1]}", "c: {value: 2}", method: "grid")).isEmpty)
        #expect(
            problems(
                sweep(
                    "a: {min: 0.1, max: 9}", "b: {values: [1, 2], probabilities: [0.5, 0.5]}",
                    "c: {distribution: normal}", method: "grid")
            ).map { $0.prefix(9) } == ["error 4:3", "error 5:3", "error 6:3"])
    }

    @Test func `bayes is a good file`() throws {
        let yaml = sweep("a: {min: 0.1, max: 9}", method: "bayes", more: "metric: {name: x}\n")
        let result = SpecParser.parse(yaml)
        #expect(result.diagnostics.isEmpty)
        #expect(try #require(result.spec).makeMethod(seed: 1) is Bayes)
    }

    @Test func `custom is a good file that cannot be started`() throws {
        let spec = try #require(SpecParser.parse(sweep("a: {value: 1}", method: "custom")).spec)
        #expect(throws: SweepError.self) { try spec.makeMethod(seed: 1) }
    }
}
