import ArgumentParser
import SweepModel
import SweepSearch
import SweepSpec
import SweepWire

/// What `create` and `run` share: the options of a new sweep, and its creation.
struct NewSweepOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A name instead of the file's.", valueName: "name"))
    var name: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A sweep to learn from: its finished trials count as known. May be repeated.", valueName: "sweep"))
    var prior: [String] = []

    @Flag(help: "Take warnings for errors.")
    var strict = false

    struct Created: Sendable {
        var sweep: CreatedSweep
        var address: ControllerAddress
        /// The address as the person gave it; nil: the home's own controller.
        var namedController: String?
        /// Where its page is; nil when the controller serves none.
        var dashboard: DashboardLink?
    }

    /// Stores the sweep, with a controller that is started where none runs.
    func create(_ file: SweepFile, _ common: CommonOptions, _ session: Session) async throws -> Created {
        let address = try await LocalController(common: common, session: session).ensure()
        let (created, dashboard) = try await Client.connected(to: address) { client in
            let created = try await client.one(
                .create(
                    yaml: file.text, file: file.place, createdIn: session.directory, name: name,
                    prior: prior.isEmpty ? nil : prior),
                as: CreatedSweep.self)
            return (created, try? await DashboardLink.find(address, client, created.id))
        }
        let environment = session.environment["SWEEP_CONTROLLER"] ?? ""
        let named = try ControllerAddress.named(common, session) != nil
        // What the environment says, the agent reads there as well.
        return Created(
            sweep: created, address: address,
            namedController: named && environment.isEmpty ? common.controller : nil, dashboard: dashboard)
    }

    /// `sweep k3f9x2mp (digits): random search over 3 parameters, 30 trials`.
    static func summary(_ created: CreatedSweep, _ spec: SweepSpec) -> String {
        let name = created.name.map { " (\(DisplayText.escape($0)))" } ?? ""
        let searched = spec.space.parameters.count { $0.distribution.valueCount != 1 }
        var text = "sweep \(created.id)\(name): \(spec.method) search over \(ValueText.plural(searched, "parameter"))"
        text += created.size.map { ", \(ValueText.plural($0, "point"))" } ?? ""
        if let cap = spec.runCap {
            text += ", at most \(ValueText.plural(cap, "trial"))"
        } else if created.size == nil {
            text += ", without end (no run_cap; 'sweep stop \(created.id)' ends it)"
        }
        if spec.repetitions > 1 { text += ", each point \(spec.repetitions) times" }
        return text
    }
}
