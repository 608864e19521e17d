import SweepModel
import SweepSearch
import SweepSpec
import Testing

@Suite struct StoppingSchemaTests {
    func parse(_ more: String, _ parameters: String = "a: {value: 1}") -> SpecResult {
        SpecParser.parse(sweep(parameters, more: "metric: {name: x}\n\(more)\n"))
    }

    @Test func `hyperband is read, and makes a rule`() throws {
        let result = parse("early_terminate: {type: hyperband, max_iter: 27, s: 2, eta: 2, strict: false}")
        #expect(result.diagnostics.isEmpty)
        let spec = try #require(result.spec)
        #expect(
            spec.earlyTerminate
                == EarlyTerminate(
                    type: "hyperband", settings: ["max_iter": 27, "s": 2, "eta": 2, "strict": false]))
        #expect((try spec.makeStoppingRule(seed: 1) as? Hyperband)?.bands == [6, 13])
    }

    @Test func `a key of hyperband that does nothing is warned of, and the rest counts`() throws {
        for (keys, bands) in [
            ("min_iter: 3, max_iter: 27", [3, 9]), ("min_iter: 3, max_iter: 27, s: 2", [3, 9]),
            ("min_iter: 4, s: 2", [4, 12]),
        ] {
            let result = parse("early_terminate: {type: hyperband, \(keys)}")
            #expect(result.warnings.count == 1, "\(keys)")
            let rule = try #require(try result.spec?.makeStoppingRule(seed: 1) as? Hyperband)
            #expect(Array(rule.bands.prefix(2)) == bands)
        }
    }

    @Test(arguments: [
        ("{type: asha, eta: 1}", "4:36"), ("{type: asha, min_iter: 0}", "4:41"),
        ("{type: median, min_trials: 1.5}", "4:45"), ("{type: percentile, percentile: 101}", "4:49"),
        ("{type: threshold}", "4:1"), ("{type: threshold, lower: 2, upper: 1}", "4:1"), ("{type: patient}", "4:1"),
        ("{type: patient, patience: 3, min_delta: -1}", "4:58"), ("{type: predict}", "4:1"),
        ("{type: predict, max_iter: 9, chance: no}", "4:55"), ("{type: asha, min_iter: 9, max_iter: 9}", "4:1"),
    ])
    func `a rule that W&B does not have must be right`(rule: String, place: String) {
        let result = parse("early_terminate: \(rule)")
        #expect(result.spec == nil)
        #expect(result.errors.map { "\($0.line ?? 0):\($0.column ?? 0)" } == [place])
    }

    @Test func `an unknown key or rule is warned of with the nearest`() {
        #expect(parse("early_terminate: {type: asha, min_itr: 2}").warnings.map(\.mend) == ["did you mean 'min_iter'?"])
        #expect(parse("early_terminate: {type: hyperbnd}").warnings.map(\.mend) == ["did you mean 'hyperband'?"])
    }

    @Test func `where a fidelity is given trials are stopped by auto, unless the file says otherwise`() throws {
        let fidelity = "fidelity: {metric: epoch, min: 2, max: 81}\n"
        let spec = try #require(parse(fidelity).spec)
        #expect(spec.fidelity == Fidelity(metric: "epoch", min: 2, max: 81))
        #expect(try spec.makeStoppingRule(seed: 1) is AutoStopping)
        let none = try #require(parse(fidelity + "early_terminate: {type: none}").spec)
        #expect(try none.makeStoppingRule(seed: 1) == nil)
        let median = try #require(parse(fidelity + "early_terminate: {type: median}").spec)
        #expect(try median.makeStoppingRule(seed: 1) is MedianRule)
        #expect(try #require(parse("").spec).makeStoppingRule(seed: 1) == nil)
        let step = try #require(parse("fidelity: {metric: step, max: 1}").spec)
        #expect(step.fidelity == Fidelity(metric: nil, min: 0.5, max: 1))
    }

    @Test func `with resume stops are pauses, and a rule that cannot pause is warned of`() throws {
        let fidelity = "fidelity: {max: 81, resume: true}\n"
        let spec = try #require(parse(fidelity).spec)
        #expect(spec.fidelity == Fidelity(max: 81, resumes: true))
        #expect(try spec.makeStoppingRule(seed: 1)?.pauses == true)
        let asha = parse(fidelity + "early_terminate: {type: asha}")
        #expect(try asha.spec?.makeStoppingRule(seed: 1)?.pauses == true && asha.diagnostics.isEmpty)
        let median = parse(fidelity + "early_terminate: {type: median}")
        #expect(try median.spec?.makeStoppingRule(seed: 1)?.pauses == false)
        #expect(
            median.warnings.map(\.message) == ["median stops trials for good: 'resume' of 'fidelity' has no effect"])
    }

    @Test(arguments: [
        ("5", "4:11"), ("{}", "4:1"), ("{max: 0}", "4:17"), ("{max: .inf}", "4:17"), ("{max: 9, min: 9}", "4:25"),
        ("{max: 9, metric: [a]}", "4:28"), ("{max: 9, resume: yes please}", "4:28"),
    ])
    func `a bad fidelity is an error at its place`(text: String, place: String) {
        #expect(parse("fidelity: \(text)").errors.map { "\($0.line ?? 0):\($0.column ?? 0)" } == [place])
    }

    @Test func `starting points are completed`() throws {
        let yaml = sweep(
            "lr: {distribution: log_uniform_values, min: 0.0001, max: 1}", "opt: {values: [adam, sgd]}",
            "momentum: {min: 0.0, max: 1.0, when: {opt: sgd}}", "net: {parameters: {width: {values: [16.0, 32.0]}}}",
            more: "initial:\n  - {lr: 0.0003}\n  - {opt: sgd, momentum: 0.9, net: {width: 16}}\n  - {net.width: 32}\n")
        let result = SpecParser.parse(yaml)
        #expect(result.diagnostics.isEmpty)
        let spec = try #require(result.spec)
        let points = spec.initial.map { ParameterValue.object(spec.space.parameters(of: $0)).json() }
        #expect(points.count == 3)
        #expect(points[0].contains(#""lr":0.0003"#))
        #expect(points[1].contains(#""momentum":0.9"#) && points[1].contains(#""width":16.0"#))
        #expect(points[2].contains(#""width":32.0"#))
        for point in spec.initial { #expect(SearchCube(spec.space).contains(point)) }
    }

    @Test(arguments: [
        ("5", "3:10"), ("[5]", "3:11"), ("[{lrr: 1}]", "3:12"), ("[{lr: 5}]", "3:16"), ("[{b: 3}]", "3:15"),
        ("[{momentum: 0.5, b: 1}]", "3:12"), ("[{b: 1, c: 20}]", "3:11"), ("[{n: {y: 1}}]", "3:16"),
    ])
    func `a bad starting point is an error at its place`(text: String, place: String) {
        let yaml = sweep(
            "lr: {min: 0.0, max: 1.0}", "b: {values: [1, 2]}", "c: {values: [10, 20]}",
            "momentum: {min: 0.0, max: 1.0, when: {b: 2}}", "n: {parameters: {x: {values: [1, 2]}}}",
            more: "initial: \(text)\nzip: [b, c]\n")
        #expect(SpecParser.parse(yaml).errors.map { "\($0.line ?? 0):\($0.column ?? 0)" } == [place])
    }

    @Test func `a sweep can end by itself`() throws {
        let spec = try #require(
            parse("stop_when: {expected_improvement: 0.001, patience: 50}\nbudget: {time: 1h30m}").spec)
        #expect(spec.stopWhen == StopWhen(expectedImprovement: 0.001, patience: 50))
        #expect(spec.timeBudget == 5400)
        #expect(parse("budget: {hours: 0.5}").spec?.timeBudget == 1800)
        #expect(parse("stop_when: {}").spec?.stopWhen == nil)
        #expect(parse("stop_when: {patience: 0}").spec == nil)
        #expect(parse("stop_when: {expected_improvement: -1}").spec == nil)
        #expect(parse("stop_when: 5").spec == nil)
        #expect(parse("budget: 8h").spec == nil)
        #expect(parse("budget: {time: soon}").spec == nil)
        #expect(parse("budget: {hours: 0}").spec == nil)
    }

    @Test func `method and rule are told the whole problem`() throws {
        let spec = try #require(
            SpecParser.parse(
                sweep(
                    "a: {min: 0.0, max: 1.0}", method: "sobol",
                    more: "metric: {name: x, goal: maximize}\nrun_cap: 40\nparallel: 3\nfidelity: {max: 9}\n")
            ).spec)
        let problem = spec.searchProblem(seed: 7)
        #expect(problem.goals == [.maximize] && problem.budget == 40 && problem.parallel == 3)
        #expect(problem.seed == 7 && problem.fidelity == Fidelity(max: 9))
    }
}
