import SweepModel
import SweepStore
import SweepWire

extension RequestDesk {
    /// The newest alerts of a sweep, as it is shown; nil: there are none.
    func alertRows(_ id: SweepID) throws(SweepError) -> [AlertRow]? {
        let rows = try parts.store.alerts(id, limit: 20).map { AlertRow(alert: $0.alert, outcome: $0.outcome) }
        return rows.isEmpty ? nil : rows
    }

    /// A sweep file whose commands this controller does not run is not taken: else nobody would know until it is too late.
    func checkCommands(of plan: SweepPlan) throws(SweepError) {
        guard plan.notify?.hasCommand == true, !parts.configuration.runsAlertCommands else { return }
        throw SweepError(
            .denied, "'notify' has a command, and \(AlertSender.noCommands)",
            remedy: "use a webhook, or start the controller with --notify-commands")
    }
}
