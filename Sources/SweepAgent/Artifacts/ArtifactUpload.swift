import FoundationEssentials
import SweepModel
import SweepRecord
import SweepWire

/// The way of one ended attempt's artifacts to the controller: each is offered, what the controller lacks is sent, and it is
/// offered again until it has a version. Nothing of it is on the disk: after a break of any kind it begins with the offer, and
/// the controller says from where it goes on.
///
/// Confined to the agent's actor.
final class ArtifactUpload {
    /// Seconds after which an offer or a piece that nobody answers is made again: the controller's disk was full.
    static let patience = 10.0
    /// Times that a content is begun anew because its bytes turned out to be others.
    private static let mostRestarts = 3

    enum Phase {
        /// The folder is being read.
        case reading
        case sending
        /// The controller has them; the files are being removed.
        case removing
        case settled
    }

    private enum Step: Equatable {
        case unoffered
        case offered(Instant)
        case sending
        case kept(Int)
        case refused
    }

    /// A content on its way.
    private struct Content {
        var digest: String
        var size: Int
        /// In the artifact's folder; nil: the manifest.
        var path: String?
        var file: OfferedFile?
        var sent: Int
        var acknowledged: Int
        var waitsSince: Instant?
    }

    private(set) var phase = Phase.reading
    private var artifacts: [LeftArtifact] = []
    private var steps: [Step] = []
    private var contents: [Content] = []
    private var restarts = 0
    /// Where in the manifest of an artifact a content is: an answer may name many, of a manifest that is long.
    private var places: (artifact: Int, files: [String: Int])?

    var isSettled: Bool { phase == .settled }

    func begin(_ artifacts: [LeftArtifact]) {
        self.artifacts = artifacts
        steps = artifacts.map { _ in .unoffered }
        phase = artifacts.isEmpty ? .settled : .sending
    }

    func settle() { phase = .settled }

    /// A new connection: what is not kept is offered again.
    func rewind() {
        contents = []
        for index in steps.indices where !Self.isDone(steps[index]) { steps[index] = .unoffered }
    }

    private static func isDone(_ step: Step) -> Bool {
        switch step {
        case .kept, .refused: true
        case .unoffered, .offered, .sending: false
        }
    }

    /// The one that is under way.
    private var current: Int? { steps.firstIndex { !Self.isDone($0) } }

    /// Once every artifact is kept or refused: those whose files are to go.
    func finish() -> [LeftArtifact]? {
        guard phase == .sending, current == nil else { return nil }
        phase = .removing
        return zip(artifacts, steps).compactMap { artifact, step in
            if case .kept = step { artifact } else { nil }
        }
    }

    // MARK: Sending

    /// What is to be said next, and for a piece up to where its content is under way with it.
    func next(_ attempt: AttemptID, most: Int, now: Instant) -> (message: AgentMessage, digest: String?, end: Int)? {
        guard phase == .sending, let current else { return nil }
        let artifact = artifacts[current]
        switch steps[current] {
        case .kept, .refused: return nil
        case .offered(let since) where now.seconds(since: since) < Self.patience: return nil
        case .offered, .unoffered:
            steps[current] = .offered(now)
            let offer = ArtifactOffer(
                attempt: attempt, name: artifact.name, manifest: artifact.scan.digest, size: artifact.scan.bytes.count)
            return (.artifact(offer), nil, 0)
        case .sending: return piece(of: artifact, most: most, now: now)
        }
    }

    private func piece(
        of artifact: LeftArtifact, most: Int, now: Instant
    ) -> (message: AgentMessage, digest: String?, end: Int)? {
        for index in contents.indices {
            if contents[index].sent > contents[index].acknowledged {
                let since = contents[index].waitsSince ?? now
                contents[index].waitsSince = since
                if now.seconds(since: since) >= Self.patience {
                    (contents[index].sent, contents[index].waitsSince) = (contents[index].acknowledged, nil)
                }
            }
            guard contents[index].sent < contents[index].size else { continue }
            guard let bytes = read(&contents[index], of: artifact, most: most), !bytes.isEmpty else {
                changed(artifact)
                return nil
            }
            let content = contents[index]
            let chunk = BlobChunk(
                digest: content.digest, offset: content.sent, base64: Data(bytes).base64EncodedString(),
                size: content.size)
            contents[index].sent += bytes.count
            // Not open while it waits for its acknowledgement: there may be a thousand of them.
            if contents[index].sent == content.size { contents[index].file = nil }
            return (.blob(chunk), content.digest, contents[index].sent)
        }
        return nil
    }

    private func read(_ content: inout Content, of artifact: LeftArtifact, most: Int) -> [UInt8]? {
        let count = min(most, content.size - content.sent)
        guard let path = content.path else {
            return Array(artifact.scan.bytes.dropFirst(content.sent).prefix(count))
        }
        if content.file == nil {
            content.file = try? artifact.open(path)
        }
        return content.file.flatMap { DiskFile.read($0.descriptor, offset: content.sent, limit: count) }
    }

    /// Why artifacts were refused, to be said once.
    private(set) var complaints: [String] = []
    func takeComplaints() -> [String] {
        defer { complaints = [] }
        return complaints
    }

    private func changed(_ artifact: LeftArtifact) {
        refuse("artifact '\(artifact.name)' is not kept: its files were changed after the trial's end")
    }

    private func refuse(_ complaint: String) {
        guard let current else { return }
        complaints.append(complaint)
        contents = []
        steps[current] = .refused
    }

    // MARK: What the controller says

    func take(_ progress: ArtifactProgress) {
        guard phase == .sending, let current, artifacts[current].name == progress.name,
            artifacts[current].scan.digest == progress.manifest
        else { return }
        let artifact = artifacts[current]
        if let version = progress.version {
            steps[current] = .kept(version)
            contents = []
        } else if let problem = progress.problem {
            refuse("artifact '\(artifact.name)' is not kept: \(problem)")
        } else if !progress.wanted.isEmpty {
            contents = progress.wanted.compactMap { cursor in content(cursor, of: current) }
            if contents.isEmpty { return changed(artifact) }
            steps[current] = .sending
        }
    }

    private func content(_ cursor: BlobCursor, of number: Int) -> Content? {
        let artifact = artifacts[number]
        let manifest = artifact.scan.manifest.files
        if places?.artifact != number {
            places = (number, Dictionary(zip(manifest.map(\.digest), manifest.indices)) { first, _ in first })
        }
        let path: String?
        let size: Int
        if cursor.digest == artifact.scan.digest {
            (path, size) = (nil, artifact.scan.bytes.count)
        } else if let place = places?.files[cursor.digest] {
            (path, size) = (manifest[place].path, manifest[place].size)
        } else {
            return nil
        }
        let offset = min(max(0, cursor.offset), size)
        return Content(digest: cursor.digest, size: size, path: path, sent: offset, acknowledged: offset)
    }

    func take(_ kept: BlobKept) {
        guard let current, let index = contents.firstIndex(where: { $0.digest == kept.digest }) else { return }
        if let problem = kept.problem {
            restarts += 1
            if restarts > Self.mostRestarts {
                return refuse("artifact '\(artifacts[current].name)' is not kept: \(problem)")
            }
            contents = []
            steps[current] = .unoffered
            return
        }
        let offset = min(max(0, kept.offset), contents[index].size)
        if offset > contents[index].acknowledged { contents[index].waitsSince = nil }
        // It has less than it had (it was freed), or more than was sent (another trial sends the same).
        if offset < contents[index].acknowledged || offset > contents[index].sent { contents[index].sent = offset }
        contents[index].acknowledged = offset
        if offset >= contents[index].size { contents.remove(at: index) }
        // What else is missing, or the version.
        if contents.isEmpty { steps[current] = .unoffered }
    }
}
