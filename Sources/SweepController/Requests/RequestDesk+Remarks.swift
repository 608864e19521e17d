import SweepModel
import SweepStore
import SweepWire

/// Notes, tags and stars go to the store past the engine: nothing is decided by them.
extension RequestDesk {
    func remark(_ id: SweepID, _ trial: Int?, _ change: RemarkChange) async throws -> RemarkRow {
        let remark = try await blocking { [store = parts.store] () throws(SweepError) in
            try store.remark(id, trial: trial, change, at: SystemClock.now().wall)
        }
        return RemarkRow(sweep: id, trial: trial, remark: remark)
    }

    func remarkRows(_ id: SweepID) async throws -> [RemarkRow] {
        let remarks = try await blocking { [store = parts.store] () throws(SweepError) in try store.remarks(id) }
        return remarks.sorted { $0.key < $1.key }.map {
            RemarkRow(sweep: id, trial: $0.key == 0 ? nil : $0.key, remark: $0.value)
        }
    }
}
