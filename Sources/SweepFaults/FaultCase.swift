/// One row of the fault plan.
struct FaultCase: Sendable {
    let number: Int
    let name: String
    /// Also run by every CI run.
    let isQuick: Bool
    /// Seconds after which it counts as hung.
    let limit: Double
    let run: @Sendable (Rig) throws -> Void

    init(
        _ number: Int, _ name: String, isQuick: Bool = true, limit: Double = 90,
        _ run: @escaping @Sendable (Rig) throws -> Void
    ) {
        self.number = number
        self.name = name
        self.isQuick = isQuick
        self.limit = limit
        self.run = run
    }

    static let all: [FaultCase] =
        (controllerCases + agentCases + stallCases + networkCases + peerCases + storageCases + machineCases + trialCases
        + operationCases + outsideCases + artifactCases + tracedCases).sorted { $0.number < $1.number }
}
