import Dispatch
import Glibc
import Logging
import SweepModel
import SweepWire
import Synchronization

/// Who is let in: the home's own two tokens, and those of `tokens.json`. Knows which connections each has let in, so that
/// a revoked token loses them at once.
final class TokenRegistry: Sendable {
    enum Admission: Equatable {
        case admitted
        /// It is a good token, of another role.
        case otherRole(TokenRole)
        case unknown
    }

    /// Revoked ones included; the oldest of these are forgotten first.
    static let maximumTokens = 1000
    static let maximumLabel = 200
    /// `lastUsed` is written no more often, in milliseconds: it is for people.
    private static let writePause: Int64 = 60_000

    private struct State {
        var records: [TokenRecord]
        var connections: [String: [ObjectIdentifier: PeerConnection]] = [:]
        var owners: [ObjectIdentifier: String] = [:]
        var lastWrite = Timestamp(milliseconds: 0)
    }

    private struct File: Codable {
        var version = 1
        var tokens: [TokenRecord]
    }

    /// This home's own, from their files: they are no entry of the list and end with their file.
    private let local: [TokenRecord]
    private let path: String
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state: Mutex<State>
    /// All writes of the file, one after the other.
    private let writer = DispatchQueue(label: "sweep.tokens")

    init(_ home: SweepHome, logger: Logger, now: @escaping @Sendable () -> Timestamp) throws(SweepError) {
        path = home.tokensFile
        self.logger = logger
        self.now = now
        local = [
            TokenRecord(
                id: "local-user", role: .user, digest: TokenRecord.digest(of: try HomeToken.load(home.tokenFile)),
                created: now()),
            TokenRecord(
                id: "local-agent", role: .agent,
                digest: TokenRecord.digest(of: try HomeToken.load(home.agentTokenFile)), created: now()),
        ]
        state = Mutex(State(records: try Self.read(home.tokensFile)))
    }

    private static func read(_ path: String) throws(SweepError) -> [TokenRecord] {
        guard access(path, F_OK) == 0 else { return [] }
        guard let bytes = PrivateFile.read(path), let file = try? JSONCoding.decode(File.self, from: bytes) else {
            throw SweepError(
                .failed, "\(path) cannot be read",
                remedy: "restore it; or remove it, which revokes all tokens but this home's own")
        }
        return file.tokens
    }

    // MARK: Letting in

    /// Whether `secret` lets `connection` in as `role`. All records are looked at, whichever fits.
    func admit(_ secret: String?, as role: TokenRole, _ connection: PeerConnection) -> Admission {
        guard let secret, secret.utf8.count <= 256 else { return .unknown }
        let digest = TokenRecord.digest(of: secret)
        let time = now()
        let (admission, isWriteDue) = state.withLock { state -> (Admission, Bool) in
            var found: TokenRecord?
            for record in local + state.records where record.matches(digest) && record.revoked == nil { found = record }
            guard let found else { return (.unknown, false) }
            guard found.role == role else { return (.otherRole(found.role), false) }
            state.connections[found.id, default: [:]][ObjectIdentifier(connection)] = connection
            state.owners[ObjectIdentifier(connection)] = found.id
            guard let index = state.records.firstIndex(where: { $0.id == found.id }) else { return (.admitted, false) }
            state.records[index].lastUsed = time
            let isDue = time.milliseconds - state.lastWrite.milliseconds >= Self.writePause
            if isDue { state.lastWrite = time }
            return (.admitted, isDue)
        }
        if isWriteDue {
            writer.async { [self] in
                do throws(SweepError) { try write() } catch { logger.warning("\(error)") }
            }
        }
        return admission
    }

    /// Which person's token `secret` is; nil: none that may come in.
    func person(_ secret: String) -> String? {
        guard secret.utf8.count <= 256 else { return nil }
        let digest = TokenRecord.digest(of: secret)
        return state.withLock { state in
            var found: TokenRecord?
            for record in local + state.records where record.matches(digest) && record.revoked == nil { found = record }
            return found?.role == .user ? found?.id : nil
        }
    }

    /// Whether a person's token of this id still lets in.
    func isPerson(_ id: String) -> Bool {
        state.withLock { state in
            (local + state.records).contains { $0.id == id && $0.role == .user && $0.revoked == nil }
        }
    }

    func closed(_ connection: PeerConnection) {
        state.withLock { state in
            guard let id = state.owners.removeValue(forKey: ObjectIdentifier(connection)) else { return }
            state.connections[id]?[ObjectIdentifier(connection)] = nil
            if state.connections[id]?.isEmpty == true { state.connections[id] = nil }
        }
    }

    // MARK: Changing. These block on the disk.

    func rows() -> [TokenRow] {
        state.withLock { state in state.records.map { Self.row($0, state) } }
    }

    /// Durable when it returns.
    func make(_ role: TokenRole, label: String?) throws(SweepError) -> NewToken {
        let label = label.flatMap { $0.isEmpty ? nil : $0 }
        guard (label?.utf8.count ?? 0) <= Self.maximumLabel else {
            throw SweepError(.usage, "a token's label has at most \(Self.maximumLabel) bytes")
        }
        let time = now()
        let made = state.withLock { state -> (TokenRecord, secret: String)? in
            if state.records.count >= Self.maximumTokens {
                guard let oldest = state.records.firstIndex(where: { $0.revoked != nil }) else { return nil }
                state.records.remove(at: oldest)
            }
            let made = TokenRecord.make(role, label: label, id: Self.freeID(state), now: time)
            state.records.append(made.0)
            return made
        }
        guard let made else {
            throw SweepError(
                .conflict, "there are \(Self.maximumTokens) tokens already",
                remedy: "revoke some that nobody uses: sweep token list")
        }
        do {
            try writeInOrder()
        } catch {
            state.withLock { $0.records.removeAll { $0.id == made.0.id } }
            throw error
        }
        logger.notice("token \(made.0.id) for \(role == .agent ? "an agent" : "a person") made")
        return NewToken(row: state.withLock { Self.row(made.0, $0) }, secret: made.secret)
    }

    /// It lets nobody in from now on, and those whom it has let in are disconnected.
    func revoke(_ id: String) throws(SweepError) -> TokenRow {
        if local.contains(where: { $0.id == id }) {
            throw SweepError(
                .conflict, "'\(id)' is this home's own token",
                remedy: "to replace it, end the controller, remove its file in the home, and start the controller")
        }
        let time = now()
        let (record, losing) = state.withLock { state -> (TokenRecord?, [PeerConnection]) in
            guard let index = state.records.firstIndex(where: { $0.id == id }) else { return (nil, []) }
            if state.records[index].revoked == nil { state.records[index].revoked = time }
            return (state.records[index], Array((state.connections[id] ?? [:]).values))
        }
        guard let record else {
            throw SweepError(.notFound, "there is no token '\(id.prefix(80))'", remedy: "see 'sweep token list'")
        }
        for connection in losing { connection.close("its token was revoked") }
        logger.notice("token \(id) revoked, \(losing.count) connection(s) closed")
        // Even if this fails it lets nobody in as long as this process lives; the person is told.
        try writeInOrder()
        return state.withLock { Self.row(record, $0) }
    }

    private func writeInOrder() throws(SweepError) {
        try writer.sync { Result { () throws(SweepError) in try write() } }.get()
    }

    private func write() throws(SweepError) {
        let records = state.withLock { $0.records }
        guard let bytes = try? JSONCoding.encode(File(tokens: records)) else {
            throw SweepError(.failed, "\(path) cannot be encoded")
        }
        try AtomicFile.write(bytes + [UInt8(ascii: "\n")], to: path, mode: 0o600)
    }

    private static func row(_ record: TokenRecord, _ state: State) -> TokenRow {
        TokenRow(
            id: record.id, role: record.role, label: record.label, created: record.created, lastUsed: record.lastUsed,
            revoked: record.revoked, connections: state.connections[record.id]?.count ?? 0)
    }

    private static func freeID(_ state: State) -> String {
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
        while true {
            let id = String((0..<8).map { _ in letters[Int.random(in: 0..<letters.count)] })
            if !state.records.contains(where: { $0.id == id }) { return id }
        }
    }
}
