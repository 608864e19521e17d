import SweepWire

/// The database's log. It is folded into the database as it grows, unless somebody reads on an old state of it: then
/// nothing is lost and nobody waits, but it takes space.
enum WriteAheadLog {
    /// Bytes from which on a person should know.
    static let large = 256 << 20

    static func note(_ home: SweepHome) -> String? {
        FileFacts(home.database + "-wal").flatMap { note(bytes: $0.size) }
    }

    static func note(bytes: Int) -> String? {
        guard bytes >= large else { return nil }
        return
            "the database's log has grown to \(bytes >> 20) MiB: a program has been reading sweep.db for long; end it "
            + "(fuser sweep.db shows it)"
    }
}
