import FoundationEssentials
import Logging
import NIOPosix
import SweepModel
import SweepRecord
import SweepStore
import SweepWire
import Synchronization

/// A content, and how long it is said to be.
private struct BlobSize: Hashable {
    var digest: String
    var size: Int
}

/// Keeps artifacts: contents as files, versions as rows. What agents send is taken on a thread of its own, so that a slow disk
/// delays artifacts, never the engine.
///
/// A version is kept once all of its contents are durable. Nothing between its parts is remembered but in memory: after any
/// break whoever offers offers again, and is told what is still missing.
final class ArtifactIntake: Sendable {
    /// Contents that one answer asks for: the list of an artifact's files is read anew for each answer, and may be long; and an
    /// answer has to fit a line.
    static let mostWanted = 1024
    /// Most contents that are asked for at once, of all who offer.
    private static let mostPending = 100_000
    /// Most sizes that one content may be said to have at once: all but one are lies.
    private static let mostSizes = 8

    /// How long a content is said to be, and by whom last.
    private struct Pending {
        var size: Int
        /// nil: a person.
        var sweep: SweepID?
    }

    private struct State {
        var folder: BlobFolder
        /// What was asked for, as each has it who offers it: nothing else is taken.
        var pending: [String: [Pending]] = [:]
        var lastComplaint: SweepError?
        /// Sweeps whose rules are to be applied, once the thread is free.
        var retaining: Set<SweepID> = []
    }

    let store: Store
    private let catalogue: SweepCatalogue
    /// Bytes of all files that a trial's artifact may have.
    private let maximum: Int
    private let logger: Logger
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let state: Mutex<State>

    init(_ folder: sending BlobFolder, store: Store, catalogue: SweepCatalogue, maximum: Int, logger: Logger) {
        self.store = store
        self.catalogue = catalogue
        self.maximum = maximum
        self.logger = logger
        state = Mutex(State(folder: folder))
        thread.start()
    }

    func finish() async { try? await thread.shutdownGracefully() }

    // MARK: Agents

    func take(_ offer: ArtifactOffer, from agent: AgentID, _ connection: PeerConnection, cost: Int) {
        thread.submit { [self] work in
            guard work == .active else { return connection.send([], finishing: cost) }
            let progress: ArtifactProgress
            do throws(SweepError) {
                guard let attempt = offer.attempt,
                    try store.attempts(attempt.trial).first(where: { $0.id == attempt })?.agent == agent
                else { throw SweepError(.notFound, "this agent has no such attempt") }
                progress = try consider(offer, aliases: [])
                if progress.version != nil { retain(attempt.sweep) }
            } catch {
                // A full disk: nothing is answered, and it is offered again.
                complain(error, "artifact '\(offer.name.prefix(80))'")
                guard error.category != .tryAgain else { return connection.send([], finishing: cost) }
                progress = ArtifactProgress(
                    attempt: offer.attempt, name: offer.name, manifest: offer.manifest, problem: error.message)
            }
            connection.send([.agent(.artifact(progress))], finishing: cost)
        }
    }

    func take(_ chunk: BlobChunk, _ connection: PeerConnection, cost: Int) {
        thread.submit { [self] work in
            guard work == .active else { return connection.send([], finishing: cost) }
            connection.send([.agent(.blob(write(chunk)))], finishing: cost)
        }
    }

    /// A piece of what is here. Whoever knows a digest knows the content, or was told of it because a trial is given it.
    func give(_ cursor: BlobCursor, _ connection: PeerConnection, cost: Int) {
        thread.submit { [self] work in
            guard work == .active else { return connection.send([], finishing: cost) }
            var content = BlobContent(digest: cursor.digest, offset: cursor.offset)
            do throws(SweepError) {
                let bytes = try read(cursor.digest, offset: cursor.offset, limit: BlobChunk.maximumSize)
                content.base64 = Data(bytes).base64EncodedString()
            } catch {
                content.problem = error.message
            }
            connection.send([.agent(.content(content))], finishing: cost)
        }
    }

    private func complain(_ error: SweepError, _ what: String) {
        let isNew = state.withLock { state in
            defer { state.lastComplaint = error }
            return error != state.lastComplaint
        }
        if isNew { logger.error("\(what): \(error)") }
    }

    // MARK: What anybody offers. These block.

    /// What is missing of it, or its version once nothing is.
    func consider(_ offer: ArtifactOffer, aliases: [String]) throws(SweepError) -> ArtifactProgress {
        guard ArtifactManifest.isName(offer.name), ArtifactManifest.isDigest(offer.manifest),
            (1...ArtifactManifest.maximumSize).contains(offer.size)
        else { throw SweepError(.usage, "'\(offer.name.prefix(80))' is not offered as an artifact is") }
        guard aliases.allSatisfy(ArtifactManifest.isAlias) else {
            throw SweepError(
                .usage, "an alias has letters, digits and -_. and is neither 'latest' nor 'best' nor a version")
        }
        var progress = ArtifactProgress(attempt: offer.attempt, name: offer.name, manifest: offer.manifest)
        if aliases.isEmpty {
            progress.version = try store.artifactVersion(offer.name, attempt: offer.attempt, manifest: offer.manifest)
            if progress.version != nil { return progress }
        }
        let sweep = offer.attempt?.sweep
        return try state.withLock { state throws(SweepError) in
            progress.wanted = try Self.missing([(offer.manifest, offer.size)], of: sweep, &state)
            guard progress.wanted.isEmpty else { return progress }
            let manifest = try Self.manifest(offer, state.folder)
            try checkSize(of: manifest, offer)
            progress.wanted = try Self.missing(manifest.files.lazy.map { ($0.digest, $0.size) }, of: sweep, &state)
            guard progress.wanted.isEmpty else { return progress }
            let digests = [offer.manifest] + manifest.files.map(\.digest)
            state.folder.syncNames(of: digests)
            progress.version = try store.keep(
                NewArtifact(
                    name: offer.name, attempt: offer.attempt, digest: offer.manifest, manifest: manifest,
                    aliases: aliases + (manifest.aliases ?? []), created: SystemClock.now().wall))
            for digest in digests { state.pending[digest] = nil }
            return progress
        }
    }

    private func checkSize(of manifest: ArtifactManifest, _ offer: ArtifactOffer) throws(SweepError) {
        guard offer.attempt != nil, let size = manifest.size, size > maximum else { return }
        throw SweepError(
            .usage, "it has \(size) bytes, and the controller takes \(maximum) of a trial (--max-artifact)")
    }

    private static func missing(
        _ contents: some Sequence<(String, Int)>, of sweep: SweepID?, _ state: inout State
    ) throws(SweepError) -> [BlobCursor] {
        var wanted: [BlobCursor] = []
        var seen: Set<BlobSize> = []
        for (digest, size) in contents where seen.insert(BlobSize(digest: digest, size: size)).inserted {
            if let there = state.folder.size(of: digest) {
                guard there == size else {
                    throw SweepError(
                        .usage,
                        "the content \(digest.prefix(12)) has \(there) bytes, and the list of its files says \(size)")
                }
                continue
            }
            var begun = state.folder.begun(digest, size: size)
            // Nobody needs to send nothing; and what came before a break may have been all of it.
            if begun >= size { begun = try finish(digest, size, &state) }
            if begun == size { continue }
            if state.pending.count >= mostPending { state.pending.removeAll() }
            var others = state.pending[digest, default: []].filter { $0.size != size }
            if others.count >= mostSizes { others.removeFirst() }
            state.pending[digest] = others + [Pending(size: size, sweep: sweep)]
            wanted.append(BlobCursor(digest: digest, offset: begun))
            if wanted.count >= mostWanted { break }
        }
        return wanted
    }

    /// Takes a content whose bytes are all there.
    ///
    /// - Returns: how many of them stay: none where they turn out to be others.
    private static func finish(_ digest: String, _ size: Int, _ state: inout State) throws(SweepError) -> Int {
        do throws(SweepError) {
            return try state.folder.write([], of: digest, at: size, size: size)
        } catch {
            guard error.category == .usage, size > 0 else { throw error }
            return 0
        }
    }

    private static func manifest(_ offer: ArtifactOffer, _ folder: BlobFolder) throws(SweepError) -> ArtifactManifest {
        guard let bytes = folder.read(offer.manifest, offset: 0, limit: ArtifactManifest.maximumSize),
            let manifest = try? JSONCoding.decode(ArtifactManifest.self, from: bytes)
        else { throw SweepError(.usage, "the manifest of '\(offer.name)' cannot be read") }
        if let problem = manifest.problem { throw SweepError(.usage, "'\(offer.name)' is not taken: \(problem)") }
        return manifest
    }

    /// Takes a piece of what was asked for.
    func write(_ chunk: BlobChunk) -> BlobKept {
        let (kept, complaint): (BlobKept, SweepError?) = state.withLock { state in
            var kept = BlobKept(digest: chunk.digest, offset: 0)
            guard let sizes = state.pending[chunk.digest]?.map(\.size),
                let size = chunk.size == nil ? sizes.last : sizes.first(where: { $0 == chunk.size })
            else {
                kept.problem = "nobody has asked for it"
                return (kept, nil)
            }
            guard let bytes = Data(base64Encoded: chunk.base64), chunk.offset >= 0 else {
                kept.problem = "it is no base64"
                return (kept, nil)
            }
            do throws(SweepError) {
                kept.offset = try state.folder.write(Array(bytes), of: chunk.digest, at: chunk.offset, size: size)
                state.lastComplaint = nil
                return (kept, nil)
            } catch {
                if error.category == .usage {
                    kept.problem = error.message
                    return (kept, nil)
                }
                kept.offset = state.folder.begun(chunk.digest, size: size)
                return (kept, error)
            }
        }
        if let complaint { complain(complaint, "an artifact") }
        return kept
    }

    /// Nothing more is taken for the sweep.
    func forget(_ sweep: SweepID) {
        state.withLock { state in
            state.pending = state.pending.compactMapValues { sizes in
                let others = sizes.filter { $0.sweep != sweep }
                return others.isEmpty ? nil : others
            }
        }
    }

    // MARK: Giving and freeing. These block.

    func read(_ digest: String, offset: Int, limit: Int) throws(SweepError) -> [UInt8] {
        guard ArtifactManifest.isDigest(digest), offset >= 0 else {
            throw SweepError(.usage, "'\(digest.prefix(80))' is no digest")
        }
        guard let bytes = state.withLock({ $0.folder }).read(digest, offset: offset, limit: limit) else {
            throw SweepError(.notFound, "the content \(digest.prefix(12)) is not there")
        }
        return bytes
    }

    /// Bytes of a content; nil where it is not there.
    func size(of digest: String) -> Int? { state.withLock { $0.folder.size(of: digest) } }

    /// Where a content is, for who sends the file itself; nil where it is not there.
    func file(_ digest: String) -> String? {
        guard ArtifactManifest.isDigest(digest) else { return nil }
        return state.withLock { $0.folder.size(of: digest) == nil ? nil : $0.folder.file(digest) }
    }

    /// Removes versions, and the contents that nobody else has.
    func remove(_ artifacts: [StoredArtifact]) throws(SweepError) -> FreedBlobs {
        var digests = Set(artifacts.map(\.manifest))
        for artifact in artifacts { digests.formUnion(try store.artifactFiles(artifact.id).map(\.digest)) }
        let versions = try store.removeArtifacts(artifacts.map(\.id))
        return try free(Array(digests), versions: versions)
    }

    private func free(_ digests: [String], versions: Int) throws(SweepError) -> FreedBlobs {
        try state.withLock { state throws(SweepError) in
            var freed = FreedBlobs(versions: versions, blobs: 0, bytes: 0)
            let used = try store.usedBlobs(digests)
            for digest in digests where !used.contains(digest) {
                guard let bytes = state.folder.remove(digest) else { continue }
                freed.blobs += 1
                freed.bytes += bytes
            }
            return freed
        }
    }

    /// Removes all contents that no version has, and what has begun and is not on its way. Who is just offering one of them is
    /// asked for it again.
    func collect() throws(SweepError) -> FreedBlobs {
        try state.withLock { state throws(SweepError) in
            var freed = FreedBlobs(versions: 0, blobs: 0, bytes: 0, keptBlobs: 0, keptBytes: 0)
            var (blobs, bytes, kept, keptBytes) = (0, 0, 0, 0)
            let folder = state.folder
            try folder.forEachFolder { (digests) throws(SweepError) in
                let used = try store.usedBlobs(digests)
                for digest in digests {
                    if used.contains(digest) {
                        kept += 1
                        keptBytes += folder.storedSize(of: digest)
                    } else if let size = folder.remove(digest) {
                        blobs += 1
                        bytes += size
                    }
                }
            }
            let pending = state.pending
            let parts = state.folder.removeParts { digest, size in
                pending[digest]?.contains { $0.size == size } == true
            }
            freed.blobs = blobs + parts.blobs
            freed.bytes = bytes + parts.bytes
            (freed.keptBlobs, freed.keptBytes) = (kept, keptBytes)
            return freed
        }
    }

    // MARK: Retention

    /// Trials have ended: of what their sweeps do not keep the versions go. Their contents stay until they are collected.
    func committed(_ changes: [Change]) {
        for case .trialChanged(let progress) in changes where progress.state.isFinal { retain(progress.id.sweep) }
    }

    private func retain(_ sweep: SweepID) {
        guard let plan = catalogue[sweep], let rules = plan.keep,
            state.withLock({ $0.retaining.insert(sweep).inserted })
        else { return }
        thread.submit { [self] work in
            state.withLock { _ = $0.retaining.remove(sweep) }
            guard work == .active else { return }
            do throws(SweepError) {
                let surplus = ArtifactShelf.surplus(
                    of: try store.artifacts(sweep: sweep), rules, plan.objective?.goal)
                guard !surplus.isEmpty else { return }
                let count = try store.removeArtifacts(surplus.map(\.id))
                logger.info(
                    "sweep \(sweep) keeps \(count) versions of artifacts no longer ('sweep artifact gc' frees them)")
            } catch {
                complain(error, "artifacts of sweep \(sweep)")
            }
        }
    }

    /// After a sweep is gone: what only its artifacts had is freed, beside everything else, and what is on its way for them is
    /// not waited for.
    func collectSoon(after sweep: SweepID) {
        thread.submit { [self] work in
            guard work == .active else { return }
            forget(sweep)
            do throws(SweepError) {
                let freed = try collect()
                if freed.blobs > 0 { logger.info("artifacts: \(freed.blobs) contents freed, \(freed.bytes) bytes") }
            } catch {
                logger.error("artifacts are not freed: \(error)")
            }
        }
    }
}
