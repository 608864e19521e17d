import SweepModel
import SweepStore
import SweepWire

/// Versions with what they are called now: `latest` and `best` are computed whenever somebody asks, so they are never behind.
struct ArtifactShelf {
    private struct Collection: Hashable {
        var sweep: SweepID?
        var name: String
    }

    private let all: [StoredArtifact]
    private var latest: [Collection: Int64] = [:]
    private var best: [Collection: Int64] = [:]

    /// - Parameters:
    ///   - all: whole collections, newest first.
    ///   - goal: of a sweep's objective; nil: it has none.
    init(_ all: [StoredArtifact], goal: (SweepID) -> Objective.Goal?) {
        self.all = all
        var versions: [Collection: Int] = [:]
        var values: [Collection: Double] = [:]
        for one in all {
            let place = Self.place(one)
            if one.version >= versions[place] ?? 0 { (versions[place], latest[place]) = (one.version, one.id) }
            guard let sweep = one.sweep, let goal = goal(sweep), let value = one.objective else { continue }
            // Of a trial that has made several, the last; of trials that are as good, the first.
            if let known = values[place], !goal.prefers(value, to: known) {
                guard value == known, let holder = all.first(where: { $0.id == best[place] }),
                    holder.attempt?.trial != one.attempt?.trial, one.version < holder.version
                else { continue }
            }
            (values[place], best[place]) = (value, one.id)
        }
    }

    /// The versions of one sweep that its rules do not keep. What a trial was given, what has a name of its own, and what a
    /// trial has made that may go on, stays in any case.
    static func surplus(of all: [StoredArtifact], _ rules: KeepRules, _ goal: Objective.Goal?) -> [StoredArtifact] {
        var kept: Set<Int64> = []
        for (name, versions) in Dictionary(grouping: all, by: \.name) {
            switch rules[name] {
            case .all: kept.formUnion(versions.map(\.id))
            case .latest(let count):
                kept.formUnion(versions.sorted { $0.version > $1.version }.prefix(count).map(\.id))
            case .best(let count):
                // Nobody can say which are best: none is taken away.
                guard let goal else {
                    kept.formUnion(versions.map(\.id))
                    continue
                }
                let ranked = versions.filter { $0.objective != nil }.sorted { a, b in
                    guard let x = a.objective, let y = b.objective, x != y else {
                        // As `best` has it: of a trial the last, of trials that are as good the first.
                        return a.attempt?.trial == b.attempt?.trial ? a.version > b.version : a.version < b.version
                    }
                    return goal.prefers(x, to: y)
                }
                kept.formUnion(ranked.prefix(count).map(\.id))
            }
        }
        return all.filter { !kept.contains($0.id) && $0.isFinal && $0.aliases.isEmpty && $0.uses.isEmpty }
    }

    private static func place(_ one: StoredArtifact) -> Collection { Collection(sweep: one.sweep, name: one.name) }

    var rows: [ArtifactRow] { all.map(row) }

    private func row(_ one: StoredArtifact) -> ArtifactRow {
        let place = Self.place(one)
        var aliases = one.aliases
        if best[place] == one.id { aliases.insert(ArtifactReference.best, at: 0) }
        if latest[place] == one.id { aliases.insert(ArtifactReference.latest, at: 0) }
        return ArtifactRow(
            name: one.name, version: one.version, sweep: one.sweep, trial: one.attempt?.trial,
            attempt: one.attempt?.number, type: one.type, manifest: one.manifest, size: one.size, files: one.files,
            created: one.created, aliases: aliases, metadata: one.metadata, objective: one.objective, uses: one.uses)
    }

    /// The one that `reference` means: of sweep `own`, where it has one of that name; else a person's; else of the sweep that
    /// made the newest.
    func find(_ reference: ArtifactReference, own: SweepID?) throws(SweepError) -> (StoredArtifact, ArtifactRow) {
        let named = all.filter { $0.name == reference.name }
        let owned = named.filter { $0.sweep == own && own != nil }
        let mine: [StoredArtifact]
        if !owned.isEmpty || reference.sweep != nil {
            mine = owned
        } else {
            let persons = named.filter { $0.sweep == nil }
            mine = persons.isEmpty ? named.filter { $0.sweep == named.first?.sweep } : persons
        }
        guard let first = mine.first else {
            throw SweepError(
                .notFound, "there is no artifact '\(reference.name)'\(reference.sweep.map { " in sweep \($0)" } ?? "")",
                remedy: "'sweep artifact ls' shows all")
        }
        let place = Self.place(first)
        let found: StoredArtifact? =
            switch reference.alias {
            case ArtifactReference.latest: mine.first { $0.id == latest[place] }
            case ArtifactReference.best: mine.first { $0.id == best[place] }
            default:
                if let version = ArtifactReference.version(reference.alias) {
                    mine.first { $0.version == version }
                } else {
                    mine.first { $0.aliases.contains(reference.alias) }
                }
            }
        guard let found else {
            let isBest = reference.alias == ArtifactReference.best
            throw SweepError(
                .notFound, "artifact '\(reference.name)' has no '\(reference.alias)'",
                remedy: isBest
                    ? "'best' is what the best finished trial of a sweep with an objective has made"
                    : "'sweep artifact ls \(reference.name)' shows its versions")
        }
        return (found, row(found))
    }
}
