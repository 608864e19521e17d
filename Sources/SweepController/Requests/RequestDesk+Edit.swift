import Logging
import SweepEngine
import SweepModel
import SweepSearch
import SweepSpec
import SweepStore
import SweepWire

extension RequestDesk {
    /// Tries before somebody else's edits win.
    private static let editTries = 5

    /// Changes a sweep's file, and has the engine go on by it.
    func edit(_ text: String, _ request: EditRequest) async throws -> EditedSweep {
        let id = try await readable(text)
        if let yaml = request.yaml { try Self.checkSize(of: yaml, "the file") }
        guard !request.isEmpty else {
            throw SweepError(.usage, "the edit changes nothing", remedy: "see 'sweep edit --help'")
        }
        var tries = 0
        while true {
            tries += 1
            let (edited, read, before, known) = try await plan(id, request)
            try checkCommands(of: read.plan)
            if let known { return EditedSweep(sweep: id, edit: known, changes: known.changes) }
            let warnings = edited.warnings.map { warning in
                warning.message + (warning.mend.map { " (\($0))" } ?? "")
            }
            if request.isTrial {
                return EditedSweep(sweep: id, changes: edited.changes, warnings: warnings, yaml: edited.yaml)
            }
            let number = read.definition.record.editKeys.count
            let record = EditRecord(
                sweep: id, key: request.key,
                row: EditRow(
                    number: number, time: SystemClock.now().wall, changes: edited.changes,
                    because: request.because.flatMap { $0.isEmpty ? nil : $0 }), before: before, yaml: edited.yaml)
            let edit = SweepEdit(definition: read.definition, record: record, points: edited.points)
            if try await !isTaken(edit, isLast: tries >= Self.editTries) { continue }
            // What the file says beside the search: who asks for it meanwhile sees the old one, for a moment.
            parts.catalogue[id] = read.plan
            parts.logger.info("sweep \(id) was edited: \(edited.changes.joined(separator: "; "))")
            let row = try await blocking { [store = parts.store] () throws(SweepError) in
                try store.edit(id, key: request.key)
            }
            return EditedSweep(sweep: id, edit: row ?? record.row, changes: edited.changes, warnings: warnings)
        }
    }

    /// - Returns: false when another edit came between, and this one is to be made again.
    private func isTaken(_ edit: SweepEdit, isLast: Bool) async throws -> Bool {
        do {
            try await parts.inbox.perform(.sweepEdited(edit))
            return true
        } catch {
            if isLast || error.category != .tryAgain { throw error }
            return false
        }
    }

    /// What the sweep would be after the edit; and the edit itself, where it was made already.
    private func plan(
        _ id: SweepID, _ request: EditRequest
    ) async throws -> (edited: EditedSpec, read: ReadSweep, before: String, known: EditRow?) {
        try await blocking { [store = parts.store] () throws(SweepError) in
            guard var record = try store.sweep(id)?.record else {
                throw SweepError(.notFound, "sweep \(id) was deleted", remedy: "see 'sweep list'")
            }
            let before = record.yaml
            record.editKeys = try store.editKeys(id)
            var again = request
            let known = try store.edit(id, key: request.key)
            if known != nil {
                again = EditRequest(key: request.key)
                again.yaml = before + "\n"
            }
            let edited = try SpecEditor.edit(
                before, by: again, folder: SweepFile.folder(record.file, createdIn: record.createdIn))
            record.yaml = edited.yaml
            record.editKeys.append(request.key)
            var read = try ReadSweep(edited.spec, record: record, prior: store.priors(of: id))
            try read.count { () throws(SweepError) in
                try store.tried(in: id, of: edited.spec.space) + edited.points
            }
            return (edited, read, before, known)
        }
    }

    func editRows(_ id: SweepID) async throws -> [EditRow] {
        try await blocking { [store = parts.store] () throws(SweepError) in try store.edits(id) }
    }
}
