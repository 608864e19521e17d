import SweepModel
import SweepSearch
import Testing

/// From a parameter's keys to its law, and what is said of wrong ones.
@Suite struct DistributionReadingTests {
    func problems(_ name: String?, _ fields: DistributionFields) -> [String] {
        BuiltIns.distribution(named: name, fields: fields).problems.map(\.description)
    }

    func inferred(_ fields: DistributionFields) -> String? {
        BuiltIns.distribution(named: nil, fields: fields).distribution.map { type(of: $0).name }
    }

    @Test func `the law follows from the keys as on W&B's server`() {
        #expect(inferred(["value": nil]) == "constant")
        #expect(inferred(["values": [1, 2]]) == "categorical")
        #expect(inferred(["values": [1, 2], "probabilities": [0.5, 0.5]]) == "categorical_w_probabilities")
        #expect(inferred(["min": 0, "max": 1]) == "int_uniform")
        #expect(inferred(["min": 0.0, "max": 1]) == "uniform")
        #expect(inferred(["min": 0, "max": 1.0]) == "uniform")
        #expect(inferred(["min": 1e-5, "max": 1e-2]) == "uniform")
    }

    @Test func `probabilities that do not add up to 1 are scaled, with a warning`() throws {
        let reading = BuiltIns.distribution(named: nil, fields: ["values": ["a", "b"], "probabilities": [1, 3]])
        let law = try #require(reading.distribution as? CategoricalWithProbabilities)
        #expect(law.probabilities == [0.25, 0.75])
        #expect(law.value(at: 0.2) == "a" && law.value(at: 0.3) == "b")
        #expect(
            reading.warnings.map(\.message) == [
                "probabilities must add up to 1, they add up to 4.0; each is divided by that"
            ])
        let good = BuiltIns.distribution(named: nil, fields: ["values": ["a", "b"], "probabilities": [0.1, 0.9]])
        #expect(good.warnings.isEmpty)
    }

    @Test func `categorical with probabilities is the weighted law`() {
        let reading = BuiltIns.distribution(
            named: "categorical", fields: ["values": [1, 2], "probabilities": [0.5, 0.5]])
        #expect(reading.distribution is CategoricalWithProbabilities)
    }

    @Test func `keys that do not say a law are refused with the mend`() {
        #expect(problems(nil, [:]) == ["it has no values; give 'value', 'values', or 'min' and 'max'"])
        #expect(problems(nil, ["mu": 1]) == ["it has no values; add 'distribution: normal'"])
        #expect(problems(nil, ["a": 1]) == ["it has no values; add 'distribution: beta'"])
        #expect(problems(nil, ["min": 1]) == ["max is missing; int_uniform needs min and max"])
        #expect(
            problems(nil, ["value": 1, "values": [1]])
                == ["value and values exclude each other; keep 'value', or 'values', or 'min' and 'max'"])
        #expect(
            problems(nil, ["min": 1, "max": 2, "q": 1])
                == ["q needs a distribution; add 'distribution: q_uniform' (or q_log_uniform_values)"])
    }

    @Test func `every wrong key of a parameter is told at once`() {
        let told = problems("uniform", ["min": true, "max": "0.1", "q": 2, "desc": "x"])
        #expect(
            told == [
                "min: true is no number; give a number",
                "max: \"0.1\" is no number; take the quotes away",
                "uniform has no key 'desc'; it takes min, max",
                "uniform has no key 'q'; use 'distribution: q_uniform'",
            ])
    }

    @Test(
        arguments: [
            ("uniform", ["min": 5, "max": 1], "min 5 is not below max 1; swap min and max"),
            ("int_uniform", ["min": 3, "max": 3], "min 3 is not below max 3; give 'value: 3' for a constant"),
            ("uniform", ["min": .double(.nan), "max": 1], "min: NaN is not finite; give a finite number"),
            ("uniform", ["min": 0, "max": .double(.infinity)], "max: Infinity is not finite; give a finite number"),
            (
                "int_uniform", ["min": 1.0, "max": 3],
                "min: 1.0 is no int; write 1, or give 'distribution: uniform' for real numbers"
            ),
            (
                "q_uniform", ["min": 0, "max": 1, "q": 0],
                "q must be above 0, it is 0; q is the step between two values"
            ),
            ("q_normal", ["q": -0.5], "q must be above 0, it is -0.5; q is the step between two values"),
            (
                "log_uniform_values", ["min": -4, "max": 1],
                "min must be above 0, it is -4; this law takes the logarithm of min and max; "
                    + "give the limits themselves, such as 0.0001"
            ),
            ("normal", ["sigma": -1], "sigma must not be negative, it is -1.0; sigma is the standard deviation"),
            ("beta", ["a": 0], "a must be above 0, it is 0.0; with a = 1 and b = 1 the law is uniform"),
            ("categorical", ["values": []], "values is empty; list at least one value"),
            (
                "categorical", ["values": "adam"],
                "values: \"adam\" is no list; write 'values: [\"adam\"]', or 'value: …' for a constant"
            ),
            ("constant", [:], "value is missing; constant needs value"),
            (
                "categorical_w_probabilities", ["values": [1, 2], "probabilities": [0, 0]],
                "probabilities must add up to 1, they add up to 0.0; give one of them more than 0"
            ),
            (
                "categorical_w_probabilities", ["values": [1, 2], "probabilities": [1]],
                "probabilities has 1 entries, values has 2; give one probability for each value"
            ),
            (
                "categorical_w_probabilities", ["values": [1, 2], "probabilities": [1.5, -0.5]],
                "probabilities: -0.5 is no probability; give numbers from 0 to 1"
            ),
            ("lognormal", [:], "there is no distribution 'lognormal'; use 'log_normal'"),
        ] as [(String, DistributionFields, String)])
    func `a wrong value is told with the mend`(_ name: String, _ fields: DistributionFields, _ message: String) {
        #expect(problems(name, fields) == [message])
    }

    @Test func `laws over exponents work, with a warning`() {
        for name in ["log_uniform", "inv_log_uniform", "q_log_uniform"] {
            let reading = BuiltIns.distribution(named: name, fields: ["min": -9, "max": -2])
            #expect(reading.distribution != nil)
            #expect(reading.warnings.first?.mend == "use \(name)_values to give the limits themselves")
        }
        #expect(BuiltIns.distribution(named: "uniform", fields: ["min": 0, "max": 1]).warnings.isEmpty)
    }
}
