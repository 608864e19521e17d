import SweepModel

/// Whose the attempts are that logs come from, so that the store need not be asked for each of them: the engine loop says
/// which it has given away and which have ended.
struct AttemptOwners {
    struct Owner: Hashable {
        var agent: AgentID
        /// No more of its log is expected than what is on its way.
        var hasEnded: Bool
    }

    /// Most attempts that are remembered; of others the store knows.
    private static let maximum = 10_000

    private var owners: [AttemptID: Owner] = [:]
    /// Those of which a log is open.
    private var withOpenLog: Set<AttemptID> = []
    /// The attempt that the store is asked about, and whether it has ended meanwhile: the store's answer may be older.
    private var asked: (attempt: AttemptID, hasEnded: Bool)?

    var hasOpenLogs: Bool { !withOpenLog.isEmpty }

    /// - Returns: the attempts that have ended and of which a log is open; it is taken to be closed now.
    mutating func note(_ changes: [Change]) -> Set<AttemptID> {
        var ended: Set<AttemptID> = []
        for change in changes {
            switch change {
            case .attemptInserted(let id, let agent, _, _, _, _, _):
                remember(Owner(agent: agent, hasEnded: false), of: id)
            case .attemptEnded(let id, _, _, _, _, _):
                owners[id]?.hasEnded = true
                if asked?.attempt == id { asked?.hasEnded = true }
                if withOpenLog.remove(id) != nil { ended.insert(id) }
            default: break
            }
        }
        return ended
    }

    /// What is known of the attempt; nil: the store is to be asked, and its answer given to `remember`.
    mutating func find(_ attempt: AttemptID) -> Owner? {
        if let known = owners[attempt] { return known }
        asked = (attempt, false)
        return nil
    }

    /// - Returns: what is known by now, which may be newer.
    @discardableResult
    mutating func remember(_ owner: Owner, of attempt: AttemptID) -> Owner {
        if let known = owners[attempt] { return known }
        if owners.count >= Self.maximum { owners.removeAll(keepingCapacity: true) }
        var owner = owner
        if let asked, asked.attempt == attempt, asked.hasEnded { owner.hasEnded = true }
        owners[attempt] = owner
        return owner
    }

    /// - Returns: false when the attempt has ended: nobody would say when to close it.
    mutating func open(_ attempt: AttemptID) -> Bool {
        guard owners[attempt]?.hasEnded != true else { return false }
        withOpenLog.insert(attempt)
        return true
    }

    mutating func closed(_ attempt: AttemptID) { withOpenLog.remove(attempt) }

    mutating func remove(_ sweep: SweepID) {
        owners = owners.filter { $0.key.sweep != sweep }
        withOpenLog = withOpenLog.filter { $0.sweep != sweep }
    }
}
