package import SweepModel
package import SweepWire

/// From what a person types to the sweep or the trial that it means: an id, a unique beginning of one, a sweep's name, or
/// nothing for the newest sweep.
package enum Selection {
    /// The sweep that `text` means.
    ///
    /// - Throws: not found; or usage, when several sweeps fit.
    package static func sweep(_ text: String?, _ client: Client, _ session: Session) async throws -> SweepRow {
        let rows = try await client.items(.list, as: SweepRow.self)
        guard let text else {
            guard let newest = rows.max(by: { $0.created < $1.created }) else {
                throw SweepError(.notFound, "there is no sweep yet", remedy: "create one: sweep create FILE.yaml")
            }
            if rows.count > 1 {
                session.say(
                    "the newest of \(rows.count) sweeps: \(newest.id)\(newest.name.map { " (\(DisplayText.escape($0)))" } ?? "")"
                )
            }
            return newest
        }
        return try match(text, rows)
    }

    /// By id, then by a unique beginning of an id, then by name.
    package static func match(_ text: String, _ rows: [SweepRow]) throws(SweepError) -> SweepRow {
        if let exact = rows.first(where: { $0.id.text == text }) { return exact }
        let named = rows.filter { $0.name == text }
        if named.count == 1 { return named[0] }
        let begun = text.isEmpty ? [] : rows.filter { $0.id.text.hasPrefix(text) }
        if begun.count == 1, named.isEmpty { return begun[0] }
        let shown = DisplayText.escape(String(text.prefix(80)))
        let several = named.isEmpty ? begun : named
        if several.count > 1 {
            let ids = several.prefix(8).map(\.id.text).joined(separator: ", ")
            throw SweepError(.usage, "'\(shown)' means \(several.count) sweeps: \(ids)", remedy: "give more of the id")
        }
        let names = rows.map(\.id.text) + rows.compactMap(\.name)
        throw SweepError(
            .notFound, "no sweep '\(shown)'",
            remedy: Spelling.closest(to: text, among: names).map { "did you mean '\(DisplayText.escape($0))'?" }
                ?? "'sweep list' shows all")
    }

    /// A sweep or one of its trials.
    package enum Target: Sendable {
        case sweep(SweepRow)
        case trial(TrialID, of: SweepRow)
    }

    /// What `text` means: `<sweep>-<number>` with any form of the sweep, `-` aside a plain number for a trial of the newest
    /// sweep, else a sweep.
    package static func target(_ text: String?, _ client: Client, _ session: Session) async throws -> Target {
        guard let text else { return .sweep(try await sweep(nil, client, session)) }
        if let number = Int(text), number > 0 {
            let newest = try await sweep(nil, client, session)
            return .trial(TrialID(newest.id, number), of: newest)
        }
        let rows = try await client.items(.list, as: SweepRow.self)
        if let row = rows.first(where: { $0.id.text == text || $0.name == text }) { return .sweep(row) }
        if let trial = TrialID(text) {
            let row = try match(trial.sweep.text, rows)
            return .trial(TrialID(row.id, trial.number), of: row)
        }
        return .sweep(try match(text, rows))
    }

    /// The trial that `text` means.
    ///
    /// - Throws: usage, when it means a sweep.
    package static func trial(_ text: String, _ client: Client, _ session: Session) async throws -> (TrialID, SweepRow)
    {
        switch try await target(text, client, session) {
        case .trial(let id, let row): return (id, row)
        case .sweep(let row):
            throw SweepError(
                .usage, "'\(DisplayText.escape(text))' is a sweep, not a trial",
                remedy: "give a trial, for example \(row.id)-1; 'sweep trials \(row.id)' shows all")
        }
    }
}
