package import SweepModel

/// Something that a sweep told people, or is to tell them.
package struct AlertRow: Hashable, Sendable, Codable {
    package var alert: AlertRecord
    /// What became of it, a line for each target; nil: it is being told.
    package var outcome: [String]?

    package init(alert: AlertRecord, outcome: [String]?) {
        self.alert = alert
        self.outcome = outcome
    }
}

/// What became of a test: a line for each target.
package struct ToldAlert: Hashable, Sendable, Codable {
    package var outcome: [String]

    package init(outcome: [String]) { self.outcome = outcome }
}
