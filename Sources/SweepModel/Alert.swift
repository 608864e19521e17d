/// What a sweep tells people about by itself (`notify`).
package enum AlertKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// The sweep has ended by itself: its cap, budget, target or space.
    case finished
    /// Trials fail: the first, then the second, fourth, eighth …, so that a flood of them is some twenty alerts.
    case failed
    /// A trial is better than all before it.
    case newBest = "new_best"
    /// A running sweep of which nothing was heard for long.
    case stalled
    /// An agent was silent for longer than its lease, and its trials wait again.
    case agentLost = "agent_lost"
    case gpuHot = "gpu_hot"
    /// Asked for by a person.
    case test
}

/// Something that a sweep tells people about.
package struct AlertRecord: Hashable, Sendable, Codable {
    package var sweep: SweepID
    /// Within the sweep, from 1. With the sweep's id it tells one alert from all others, also when it is delivered twice.
    package var number: Int
    package var kind: AlertKind
    package var trial: Int?
    /// One line for people.
    package var text: String
    package var time: Timestamp

    package init(sweep: SweepID, number: Int, kind: AlertKind, trial: Int? = nil, text: String, time: Timestamp) {
        self.sweep = sweep
        self.number = number
        self.kind = kind
        self.trial = trial
        self.text = text
        self.time = time
    }
}

/// Who is told of what: an entry of `notify`.
package struct NotifyTarget: Hashable, Sendable {
    package enum Way: Hashable, Sendable {
        /// Run on the controller's machine, with the alert in `SWEEP_ALERT_…` variables.
        case command([String])
        /// An HTTP POST. The address is a secret: who knows it can write there.
        case webhook(String, Format)
    }

    package enum Format: String, Hashable, Sendable, CaseIterable {
        case json
        /// A mapping with `text`, as Slack and those that take its webhooks want it.
        case slack
    }

    /// What is told where the file does not say.
    package static let usualKinds: Set<AlertKind> = [.finished, .failed, .stalled, .agentLost]
    /// What a file can ask for.
    package static let kinds = AlertKind.allCases.filter { $0 != .test }

    package var way: Way
    package var kinds: Set<AlertKind>
    /// Seconds between two alerts; those between are counted and told with the next. The end of the sweep never waits.
    package var every: Double

    package init(_ way: Way, kinds: Set<AlertKind> = usualKinds, every: Double = 60) {
        self.way = way
        self.kinds = kinds
        self.every = every
    }

    /// `NAME` of `${envvar:NAME}`: an address that the controller's environment holds and no file.
    package static func variable(_ text: String) -> String? {
        guard text.hasPrefix("${envvar:"), text.hasSuffix("}") else { return nil }
        let name = text.dropFirst(9).dropLast()
        return name.isEmpty || name.contains("$") ? nil : String(name)
    }

    /// For people, without what is secret of it.
    package var label: String {
        switch way {
        case .command(let words): "command " + (words.first ?? "")
        case .webhook(let address, let format):
            (format == .slack ? "slack webhook " : "webhook ")
                // Whoever knows the path can write there.
                + (Self.variable(address) == nil ? WebAddress(address).map { "\($0.hostHeader)/…" } ?? "" : address)
        }
    }
}

/// When a sweep raises which alerts.
package struct AlertRules: Hashable, Sendable {
    /// Those that somebody wants.
    package var kinds: Set<AlertKind>
    /// Seconds without news of a running sweep.
    package var stalledAfter: Double
    /// Degrees Celsius.
    package var hotAt: Double

    package init(kinds: Set<AlertKind>, stalledAfter: Double = 1800, hotAt: Double = 90) {
        self.kinds = kinds
        self.stalledAfter = stalledAfter
        self.hotAt = hotAt
    }
}

/// The top-level `notify` of a sweep file.
package struct Notify: Hashable, Sendable {
    package var targets: [NotifyTarget]
    package var rules: AlertRules

    package init(targets: [NotifyTarget], rules: AlertRules) {
        self.targets = targets
        self.rules = rules
    }

    /// Some target runs a program on the controller's machine.
    package var hasCommand: Bool {
        targets.contains { if case .command = $0.way { true } else { false } }
    }
}

/// How hot a slot's GPUs are.
package struct SlotHeat: Hashable, Sendable, Codable {
    package var slot: Int
    /// Degrees Celsius, of the hottest.
    package var degrees: Double

    package init(slot: Int, degrees: Double) {
        self.slot = slot
        self.degrees = degrees
    }
}
