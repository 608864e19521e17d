package import SweepModel

/// A trial that ran elsewhere, as it is added to a sweep that is being imported.
package struct ImportedTrial: Hashable, Sendable, Codable {
    package var number: Int
    /// What it was called there.
    package var name: String
    package var parameters: Parameters
    /// A final state.
    package var state: TrialState
    package var objective: Double?
    package var further: [Double]
    package var metrics: [String: Double]
    package var started: Timestamp
    package var ended: Timestamp

    package init(
        number: Int, name: String, parameters: Parameters, state: TrialState, objective: Double? = nil,
        further: [Double] = [], metrics: [String: Double] = [:], started: Timestamp, ended: Timestamp
    ) {
        self.number = number
        self.name = name
        self.parameters = parameters
        self.state = state
        self.objective = objective
        self.further = further
        self.metrics = metrics
        self.started = started
        self.ended = ended
    }

    private enum CodingKeys: String, CodingKey {
        case number, name, parameters, state, objective, further, metrics, started, ended
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        number = try container.decode(Int.self, forKey: .number)
        name = try container.decode(String.self, forKey: .name)
        parameters = try container.decodeParameters(forKey: .parameters)
        state = try container.decode(TrialState.self, forKey: .state)
        objective = try container.decodeIfPresent(Double.self, forKey: .objective)
        further = try container.decodeIfPresent([Double].self, forKey: .further) ?? []
        metrics = try container.decode([String: Double].self, forKey: .metrics)
        started = try container.decode(Timestamp.self, forKey: .started)
        ended = try container.decode(Timestamp.self, forKey: .ended)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(number, forKey: .number)
        try container.encode(name, forKey: .name)
        try container.encodeParameters(parameters, forKey: .parameters)
        try container.encode(state, forKey: .state)
        try container.encodeIfPresent(objective, forKey: .objective)
        try container.encode(further, forKey: .further)
        try container.encode(metrics, forKey: .metrics)
        try container.encode(started, forKey: .started)
        try container.encode(ended, forKey: .ended)
    }
}
