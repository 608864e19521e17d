import SweepModel

/// What a script prints of its own parameters is no metric: `{"lr": 0.1, "batch": 32}` at its start, or `lr=0.1` on every
/// line. On a line that has no step, a value that is that of the parameter of the same name is left out; on one with a
/// step it stays (a learning rate that a schedule changes), and so does the objective.
struct ParameterEcho: Sendable {
    private let parameters: [String: Double]
    private let objective: String?

    init(_ parameters: Parameters = [], objective: String? = nil) {
        let numbers = MetricName.flatten(parameters)
        self.parameters = Dictionary(numbers.map { ($0.name, $0.value) }) { _, last in last }
        self.objective = objective
    }

    func without(_ reading: MetricReading) -> MetricReading? {
        guard reading.step == nil, !parameters.isEmpty else { return reading }
        var reading = reading
        reading.metrics.removeAll { parameters[$0.name] == $0.value && $0.name != objective }
        return reading.metrics.isEmpty ? nil : reading
    }
}
