import SweepModel
import Testing

@testable import SweepStore

@Suite struct AlertTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func alert(_ number: Int, _ text: String = "t") -> AlertRecord {
        AlertRecord(
            sweep: Sample.attempt.sweep, number: number, kind: .newBest, trial: 1, text: text,
            time: Timestamp(milliseconds: Int64(number)))
    }

    @Test func `an alert waits until it is settled, through a restart`() throws {
        let path = folder.file("sweep.db")
        try Store.open(path).closing { store in
            try store.apply(Sample.running + [.alertRaised(alert(1)), .alertRaised(alert(2))])
            // The same transaction again, as after an error that came too late.
            try store.apply([.alertRaised(alert(2, "another"))])
            #expect(try store.alertsToTell(limit: 10) == [alert(1), alert(2)])
            #expect(try store.alertsToTell(limit: 1) == [alert(1)])
            try store.settleAlert(Sample.attempt.sweep, 1, outcome: ["webhook h/…: told"])
        }
        try Store.open(path).closing { store in
            #expect(try store.alertsToTell(limit: 10) == [alert(2)])
            #expect(
                try store.alerts(Sample.attempt.sweep, limit: 10) == [
                    StoredAlert(alert: alert(2), outcome: nil),
                    StoredAlert(alert: alert(1), outcome: ["webhook h/…: told"]),
                ])
            var count: Int?
            try store.load { record, _ in
                count = record.alertCount
                return LoadWishes(metrics: [], track: false, position: nil)
            } trials: { _ in
            }
            #expect(count == 2)
        }
    }

    @Test func `alerts go with their sweep, and none comes after it`() throws {
        try Store.open(folder.file("sweep.db")).closing { store in
            try store.apply(Sample.running + [.alertRaised(alert(1))])
            try store.apply([.sweepDeleted(Sample.attempt.sweep), .alertRaised(alert(2))])
            #expect(try store.alertsToTell(limit: 10).isEmpty)
            try store.settleAlert(Sample.attempt.sweep, 1, outcome: [])
        }
    }
}
