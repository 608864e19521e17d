import SweepModel
import SweepSpec
import Testing

@Suite struct ProblemTests {
    @Test func `all problems of a file come at once, in its order`() {
        #expect(
            problems(
                """
                method: grid
                program: t.py
                metrc: {name: x}
                run_cap: many
                parameters:
                  lr: {min: 0.1, max: 0.01}
                  bs: {vaules: [1, 2]}
                  dup: {value: 1}
                  dup: {value: 2}
                  c: {distribution: log_unifrm_values, min: 1, max: 2}
                  d: 5
                """) == [
                    "warning 3:1 a sweep file has no key 'metrc'; it is ignored | did you mean 'metric'?",
                    "warning 4:10 'run_cap' must be a whole number above 0, but it is the text 'many'; there is no cap then"
                        + " | write 'run_cap: 50'",
                    "error 6:13 parameter 'lr': min 0.1 is not below max 0.01 | swap min and max",
                    "error 7:8 parameter 'bs' has no key 'vaules' | did you mean 'values'?",
                    "error 9:3 the key 'dup' stands here again; its first is in line 8 | keep one of them",
                    "error 10:21 parameter 'c': there is no distribution 'log_unifrm_values'"
                        + " | did you mean 'log_uniform_values'?",
                    "error 11:6 parameter 'd' must be a mapping, but it is the number 5 | write 'value: 5' under it",
                ])
    }

    @Test func `what W&B only warns of is an error under strict`() {
        let yaml = sweep("a: {value: 1}", more: "RUN: 10\n")
        #expect(SpecParser.parse(yaml).spec != nil)
        #expect(problems(yaml) == ["warning 3:1 a sweep file has no key 'RUN'; it is ignored"])
        #expect(SpecParser.parse(yaml, strict: true).spec == nil)
        #expect(problems(yaml, strict: true) == ["error 3:1 a sweep file has no key 'RUN'; it is ignored"])
    }

    @Test(arguments: [
        "controller: {type: local}", "kind: sweep", "job: x", "scheduler: {num_workers: 8}",
    ])
    func `a key of W&B that does nothing here is named, also under strict`(key: String) {
        let result = SpecParser.parse(sweep("a: {value: 1}", more: key + "\n"), strict: true)
        #expect(result.spec != nil)
        #expect(result.warnings.map(\.line) == [3])
    }

    @Test(arguments: [
        ("method: gird", "did you mean 'grid'?"), ("method: Random", "did you mean 'random'?"),
        ("method: 5", "use grid, random, sobol, bayes, tpe, cmaes or auto"),
        ("method:", "use grid, random, sobol, bayes, tpe, cmaes or auto"),
    ])
    func `an unknown method is an error`(line: String, mend: String) {
        #expect(SpecParser.parse("\(line)\nprogram: x\nparameters: {a: {value: 1}}").errors.map(\.mend) == [mend])
    }

    @Test func `what is missing is said`() {
        #expect(
            SpecParser.parse("program: x").errors.map(\.message) == ["'method' is missing", "'parameters' is missing"])
        #expect(SpecParser.parse("method: grid\nprogram: x\nparameters: {}").errors.count == 1)
        #expect(SpecParser.parse("method: grid\nprogram: x\nparameters: 5").errors.count == 1)
    }

    @Test func `a goal that is none is warned of, and minimize used`() throws {
        let result = SpecParser.parse(sweep("a: {value: 1}", more: "metric: {name: x, goal: maximise}\n"))
        #expect(result.spec?.objective?.goal == .minimize)
        #expect(result.warnings.map(\.mend) == ["did you mean 'maximize'?"])
    }

    @Test func `bayes without a metric is an error, random is not`() {
        let a = "a: {min: 0.1, max: 1}"
        #expect(SpecParser.parse(sweep(a, method: "bayes")).errors.count == 1)
        #expect(SpecParser.parse(sweep(a, method: "bayes", more: "metric: {goal: minimize}\n")).errors.count == 1)
        #expect(SpecParser.parse(sweep(a, more: "metric: {goal: minimize}\n")).errors.isEmpty)
    }

    @Test(arguments: [
        "x", "{type: medain}", "{}", "{type: hyperband}", "{type: hyperband, max_iter: 9}",
        "{type: hyperband, min_iter: 0}", "{type: hyperband, min_iter: 3, eta: 1}",
        "{type: hyperband, max_iter: 2, s: 2}", "{type: hyperband, min_iter: 3, strict: 5}",
    ])
    func `an early_terminate that is none is ignored with a warning`(text: String) {
        let result = SpecParser.parse(sweep("a: {value: 1}", more: "metric: {name: x}\nearly_terminate: \(text)\n"))
        #expect(result.spec != nil)
        #expect(result.spec?.earlyTerminate == nil)
        #expect(result.warnings.count == 1)
    }

    @Test(arguments: [
        ("seed: -1", "3:7"), ("parallel: 0", "3:11"), ("retries: many", "3:10"), ("max_losses: 1.5", "3:13"),
        ("repeat: 0", "3:9"), ("priority: high", "3:11"), ("resources: 2", "3:12"), ("resources: {gpus: -1}", "3:19"),
        ("environment: [A=1]", "3:14"), ("environment: {1A: x}", "3:15"), ("environment: {A: [1]}", "3:18"),
        ("workdir: [x]", "3:10"), ("metric: {name: x, summary: median}", "3:28"), ("zip: 5", "3:6"),
        ("zip: [a]", "3:6"), ("zip: [[a, b]]", "3:11"), ("use_artifact: [a, {as: b}]", "3:19"),
        ("use_artifact: [a:b:c]", "3:16"), ("use_artifact: [a, b/a]", "3:15"),
        ("use_artifact: {name: a, as: a/b}", "3:15"),
        ("keep: 5", "3:7"), ("keep: best", "3:7"), ("keep: best 5", "3:7"), ("keep: {model: latest 0}", "3:15"),
        ("environment: {SWEEP_USE_ARTIFACTS: a:b:c}", "3:14"),
    ])
    func `a bad extension is an error at its place`(line: String, place: String) {
        #expect(
            problems(sweep("a: {values: [1, 2]}", more: line + "\n")).map { $0.split(separator: " ")[1] }
                == [Substring(place)])
    }

    @Test func `conditions name parameters and values that there are`() {
        #expect(
            problems(
                sweep(
                    "a: {values: [1, 2]}", "b: {value: 1, when: {a: 3}}", "c: {value: 1, when: {aa: 1}}",
                    "d: {value: 1, when: {a: []}}", "e: {value: 1, when: [a]}", "f: {value: 1, when: {f: 1}}",
                    "g: {value: 1, when: {h: 1}}", "h: {min: 0.1, max: 0.2}")
            ).map { $0.split(separator: " ")[1] } == ["5:27", "6:24", "7:27", "8:23", "9:24", "10:24"])
    }

    @Test func `a circle of conditions is an error`() {
        #expect(
            problems(
                sweep(
                    "a: {values: [1, 2], when: {b: 1}}", "b: {values: [1, 2], when: {c: 1}}",
                    "c: {values: [1, 2], when: {a: 1}}")
            ) == ["error 4:3 parameters wait for each other: a → b → c → a | take one 'when' away"])
    }

    @Test func `zip couples lists of one length`() {
        func zip(_ text: String) -> [String] {
            problems(
                sweep(
                    "a: {values: [1, 2]}", "b: {values: [3, 4]}", "c: {values: [5]}", "d: {min: 1, max: 2}",
                    "e: {values: [1, 2], when: {a: 1}}", more: "zip: \(text)\n"))
        }
        #expect(zip("[[a, b]]").isEmpty)
        #expect(zip("[a, b]").isEmpty)
        #expect(zip("[[a, c]]").count == 1)
        #expect(zip("[[a, d]]").count == 1)
        #expect(zip("[[a, e]]").count == 1)
        #expect(zip("[[a, a]]").count == 1)
        #expect(zip("[[a, x]]").count == 1)
    }

    @Test func `a parameter indented too deep is recognized`() {
        #expect(
            problems(
                """
                method: random
                program: x
                parameters:
                  a:
                    values: [1]
                    b:
                      values: [2]
                """) == ["error 6:5 parameter 'a' has no key 'b' | is it a parameter of its own? indent it like 'a'"])
    }

    @Test func `the command's macros are checked`() {
        let yaml = sweep(
            "lr: {value: 1}", "opt: {parameters: {beta: {value: 1}}}",
            more: """
                command:
                - ${interpeter}
                - ${args}
                - --x=${args}
                - --lr=${lr}
                - ${opt.beta}
                - ${opt}
                - echo ${HOME} ${1} $x ${
                - ${envvar:HOME}
                - --s=${seed}
                - --y=${progam}
                - ${zzzzzzzz}

                """)
        #expect(
            problems(yaml) == [
                "error 4:3 there is no macro ${interpeter} | did you mean ${interpreter}?",
                "warning 13:3 there is no macro ${progam}; it is passed as it stands | did you mean ${program}?",
                "error 14:3 there is no macro ${zzzzzzzz} | use ${envvar:NAME} for an environment variable",
            ])
    }

    @Test func `a missing program is warned of where one is needed`() {
        #expect(problems("method: random\nparameters: {a: {value: 1}}").count == 1)
        #expect(problems("method: random\nparameters: {a: {value: 1}}\ncommand: ['${program}']").count == 1)
        #expect(problems("method: random\nparameters: {a: {value: 1}}\ncommand: [./train.sh]").isEmpty)
    }

    @Test func `values that are a mapping are no parameter in the wrong place`() {
        let law = "method: random\nprogram: x\nparameters:\n  a:\n    values: [1]\n"
        #expect(
            problems("method: random\nprogram: x\nparameters: {a: {values: {x: 1}}}")
                == [
                    "error 3:26 parameter 'a': values: {\"x\":1} is no list | write 'values: [{\"x\":1}]', or 'value: …' for a constant"
                ])
        #expect(
            problems(law + "    q:\n      value: 1\n")
                == ["error 6:5 parameter 'a' has no key 'q' | is it a parameter of its own? indent it like 'a'"])
    }

    @Test func `columns count characters, not bytes`() {
        #expect(
            problems("method: random\nprogram: x\nparameters: {a: {values: ['日本語é👩‍👩‍👧'], foo: 1}}")
                == ["error 3:37 parameter 'a' has no key 'foo' | take it away"])
    }
}
