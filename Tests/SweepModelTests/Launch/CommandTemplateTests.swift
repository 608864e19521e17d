import SweepModel
import Testing

@Suite struct CommandTemplateTests {
    private let context = CommandTemplate.Context(
        parameters: [
            .init("amp", true), .init("debug", false), .init("layers", [64, 2.5, "x"]), .init("lr", 1e-05),
            .init("name", "a b"), .init("none", .null),
            .init("opt", ["lr": 0.1, "sched": ["gamma": 0.9], "a.b": "deep"]), .init("opt.beta", 3.0),
        ],
        program: "train.py", parametersFile: "/tmp/params.json", seed: 7,
        environment: ["HOME": "/root", "lower": "yes"], optionalParameters: ["momentum"])

    private func expand(_ items: String...) throws -> [String] {
        try CommandTemplate.expand(["run"] + items, context).dropFirst().map { $0 }
    }

    @Test func `the usual command is W&B's`() throws {
        #expect(
            try CommandTemplate.expand(CommandTemplate.standard, context) == [
                "/usr/bin/env", "python", "train.py", "--amp=True", "--debug=False", "--layers=[64, 2.5, 'x']",
                "--lr=1e-05", "--name=a b", "--none=None",
                "--opt={'lr': 0.1, 'sched': {'gamma': 0.9}, 'a.b': 'deep'}", "--opt.beta=3.0",
            ])
    }

    @Test func `each form of the arguments is W&B's`() throws {
        var small = context
        small.parameters = [.init("amp", true), .init("debug", false), .init("lr", 0.1)]
        func expand(_ item: String) throws -> [String] {
            try CommandTemplate.expand(["x", item], small).dropFirst().map { $0 }
        }
        #expect(try expand("${args}") == ["--amp=True", "--debug=False", "--lr=0.1"])
        #expect(try expand("${args_no_equals}") == ["--amp", "True", "--debug", "False", "--lr", "0.1"])
        #expect(try expand("${args_no_hyphens}") == ["amp=True", "debug=False", "lr=0.1"])
        #expect(try expand("${args_no_boolean_flags}") == ["--amp", "--lr=0.1"])
        #expect(try expand("${args_append_hydra}") == ["+amp=True", "+debug=False", "+lr=0.1"])
        #expect(try expand("${args_override_hydra}") == ["++amp=True", "++debug=False", "++lr=0.1"])
        #expect(try expand("${args_json}") == [#"{"amp": true, "debug": false, "lr": 0.1}"#])
        #expect(try expand("${args_json_file}") == ["/tmp/params.json"])
        #expect(try expand("${args_dict}") == ["amp", "debug", "lr"])
    }

    @Test func `macros with one value also stand inside longer text`() throws {
        #expect(
            try expand(
                "--lr=${lr}", "${program}:${seed}", "--p=${envvar:HOME}/x", "${lr}${amp}", "--cfg=${args_json_file}",
                "--g=${opt.sched.gamma}", "--d=${opt.a.b}", "--b=${opt.beta}", "py=${interpreter}", "${name}",
                "${opt.lr}")
                == [
                    "--lr=1e-05", "train.py:7", "--p=/root/x", "1e-05True", "--cfg=/tmp/params.json", "--g=0.9",
                    "--d=deep", "--b=3.0", "py=python", "a b", "0.1",
                ])
    }

    @Test func `a parameter called seed is the parameter`() throws {
        var own = context
        own.parameters = [.init("seed", 42)]
        #expect(try CommandTemplate.expand(["x", "--seed=${seed}"], own) == ["x", "--seed=42"])
    }

    @Test func `an environment variable that is not set leaves its name`() throws {
        #expect(
            try expand("${envvar:NOT_SET}", "a${envvar:NOT_SET}b", "${envvar:lower}") == [
                "NOT_SET", "aNOT_SETb", "yes",
            ])
    }

    @Test func `what a macro stands for is not expanded again`() throws {
        var odd = context
        odd.environment["X"] = "${args}"
        odd.parameters = [.init("lr", "${program}")]
        #expect(try CommandTemplate.expand(["x", "${envvar:X}", "${lr}"], odd) == ["x", "${args}", "${program}"])
    }

    @Test func `text that only looks like a macro stays`() throws {
        #expect(
            try expand("echo ${HOME}", "$lr", "${lr", "a$", "", "out/${now:%Y}", "$${lr}")
                == ["echo ${HOME}", "$lr", "${lr", "a$", "", "out/${now:%Y}", "$1e-05"])
    }

    @Test func `an item with a parameter that this trial lacks is left out`() throws {
        #expect(try expand("--momentum=${momentum}", "${momentum}", "--lr=${lr}") == ["--lr=1e-05"])
    }

    @Test func `an unknown macro is an error that names the nearest`() {
        #expect(
            throws: SweepError(
                .usage, "the command has an unknown macro ${interpeter}", remedy: "did you mean ${interpreter}?")
        ) { try expand("${interpeter}") }
        #expect(throws: SweepError.self) { try expand("${}") }
    }

    @Test func `a macro of several arguments inside text is quoted for a shell`() throws {
        var odd = context
        odd.parameters = [.init("flag", true), .init("name", "it's $HOME"), .init("n", .null)]
        #expect(
            try CommandTemplate.expand(["sh", "-c", "exec x ${args}; ${args_no_boolean_flags}"], odd) == [
                "sh", "-c",
                #"exec x --flag=True '--name=it'\''s $HOME' --n=None; --flag '--name=it'\''s $HOME' --n=None"#,
            ])
        odd.parameters = []
        #expect(try CommandTemplate.expand(["sh", "-c", "x ${args}"], odd) == ["sh", "-c", "x "])
    }

    @Test func `a missing program and an empty command are errors`() {
        var bare = context
        bare.program = nil
        #expect(throws: SweepError.self) { try CommandTemplate.expand(CommandTemplate.standard, bare) }
        bare.parameters = []
        #expect(throws: SweepError.self) { try CommandTemplate.expand(["${args}"], bare) }
        #expect(throws: SweepError.self) { try CommandTemplate.expand([], bare) }
    }
}

@Suite struct SpellingTests {
    @Test(arguments: [
        ("metrc", "metric"), ("paramters", "parameters"), ("Method", "method"), ("run-cap", "run_cap"),
        ("vaules", "values"), ("earlyterminate", "early_terminate"), ("maximise", "maximize"),
    ])
    func `a slip finds its word`(slip: String, word: String) {
        let words = ["method", "metric", "parameters", "program", "run_cap", "values", "early_terminate", "maximize"]
        #expect(Spelling.nearest(to: slip, among: words) == word)
    }

    @Test func `another word finds none`() {
        #expect(Spelling.nearest(to: "sweep_anew", among: ["method", "metric"]) == nil)
        #expect(Spelling.nearest(to: "q", among: ["a", "b"]) == nil)
        #expect(Spelling.nearest(to: "", among: ["a"]) == nil)
        #expect(Spelling.nearest(to: String(repeating: "x", count: 100_000), among: ["a"]) == nil)
    }
}
