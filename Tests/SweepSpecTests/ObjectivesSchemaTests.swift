import SweepModel
import SweepSearch
import SweepSpec
import Testing

/// `metrics` and `prior`.
@Suite struct ObjectivesSchemaTests {
    private func file(_ more: String) -> SpecResult {
        SpecParser.parse("method: random\nprogram: x.py\nparameters: {a: {values: [1, 2]}}\n\(more)")
    }

    @Test func `several objectives are read in order, each with its goal and summary`() throws {
        let spec = try #require(
            file("metrics: [{name: loss}, {name: size, goal: maximize, summary: min}]").spec)
        #expect(spec.objective == Objective(metric: "loss"))
        #expect(spec.further == [Objective(metric: "size", goal: .maximize, summary: .min)])
        #expect(spec.searchProblem(seed: 1).goals == [.minimize, .maximize])
    }

    @Test(arguments: [
        ("metrics: loss", "must list objectives"), ("metrics: []", "must list objectives"),
        ("metrics: [{goal: minimize}]", "'metrics' has no name"),
        ("metrics: [{name: a}, {name: a}]", "names 'a' twice"),
        ("metrics: [{name: a}]\nmetric: {name: b}", "exclude each other"),
        (
            "metrics: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}, {name: f}, {name: g}, {name: h}, {name: i}]",
            "more than 8"
        ),
        ("prior: {a: 1}", "must list the ids"), ("prior: []", "must list the ids"),
        ("prior: [[a]]", "must list the ids"),
    ])
    func `what cannot be objectives or earlier sweeps is an error with its place`(yaml: String, message: String) {
        let result = file(yaml)
        #expect(result.spec == nil)
        let problem = result.errors.first { $0.message.contains(message) }
        #expect(problem?.line ?? 0 >= 4, "\(result.errors)")
    }

    @Test func `earlier sweeps are named by a list or by one text`() throws {
        #expect(try #require(file("prior: [k3f9x2mp, digits]").spec).prior == ["k3f9x2mp", "digits"])
        #expect(try #require(file("prior: k3f9x2mp").spec).prior == ["k3f9x2mp"])
    }
}
