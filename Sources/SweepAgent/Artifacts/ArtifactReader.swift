import Glibc
import NIOPosix
import ServiceLifecycle
import SweepModel
import SweepRecord
import Synchronization

/// An artifact that an ended trial has left.
struct LeftArtifact: Sendable {
    var name: String
    /// Where trials leave artifacts: nothing is opened but below it.
    var folder: String
    /// What it is called there, and whether that is a folder.
    var entry = ""
    var isFolder = false
    var scan: ArtifactScan
    /// Where each file is, by its path in the artifact, where W&B's client has put them; nil: in `folder`.
    var places: [String: String]?
    /// Whose files they must be; nil: whoever may have put them there.
    var owner: UInt32?

    /// Opens a file of its manifest.
    func open(_ path: String) throws(SweepError) -> OfferedFile {
        guard let places else { return try OfferedFile.open(isFolder ? "\(entry)/\(path)" : entry, in: folder) }
        guard let place = places[path] else { throw SweepError(.notFound, "'\(path)' is not there") }
        return try OfferedFile.open(anywhere: place, owner: owner)
    }
}

/// What an ended attempt may have left artifacts in.
struct ArtifactPlaces: Sendable {
    var folder: AttemptFolder
    /// Offline runs of W&B.
    var wandb: [String]
    /// The account of trials, where that is not the agent's.
    var owner: UInt32?
}

/// What is to be done with the files of an ended attempt.
enum ArtifactJob: Sendable {
    case read(AttemptID, ArtifactPlaces)
    /// The controller has all of them.
    case remove(AttemptID, [LeftArtifact])
}

/// Set once, by whoever wants something to end.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

/// Reads what ended trials have left, and removes what the controller has: beside everything else, one after the other.
package struct ArtifactReader: Service {
    private let agent: Agent
    /// What is being read, which may be many gigabytes, is left when the agent goes: the next one begins anew.
    private let hasEnded = Flag()

    package init(agent: Agent) { self.agent = agent }

    package func run() async throws {
        let (jobs, hasEnded) = (agent.artifactJobs, hasEnded)
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                for await job in jobs { await perform(job) }
            } onCancel: {
                hasEnded.set()
            }
        }
    }

    private func perform(_ job: ArtifactJob) async {
        switch job {
        case .read(let attempt, let places):
            let found = try? await NIOThreadPool.singleton.runIfActive { [hasEnded] in
                let own = Self.read(places.folder) { hasEnded.isSet }
                let logged = Self.readWandb(places) { hasEnded.isSet }
                return (artifacts: own.artifacts + logged.artifacts, problems: own.problems + logged.problems)
            }
            guard !hasEnded.isSet else { return }
            await agent.readArtifacts(of: attempt, found?.artifacts ?? [], problems: found?.problems ?? [])
        case .remove(let attempt, let artifacts):
            _ = try? await NIOThreadPool.singleton.runIfActive {
                for artifact in artifacts { Self.remove(artifact) }
            }
            await agent.removedArtifacts(of: attempt)
        }
    }

    /// Each folder in the attempt's artifact folder is one, and each file there by itself.
    static func read(
        _ folder: AttemptFolder, isStopped: () -> Bool = { false }
    ) -> (artifacts: [LeftArtifact], problems: [String]) {
        var artifacts: [LeftArtifact] = []
        var problems: [String] = []
        for entry in DiskFile.names(in: folder.artifacts).sorted() {
            let path = "\(folder.artifacts)/\(entry)"
            let name = ArtifactManifest.name(from: entry)
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            if isFolder, DiskFile.names(in: path).isEmpty { continue }
            guard !artifacts.contains(where: { $0.name == name }) else {
                problems.append("'\(entry)' is not kept: another artifact is called '\(name)' too")
                continue
            }
            do throws(SweepError) {
                let scan = try ArtifactScan(folder: path, isStopped: isStopped) { (file) throws(SweepError) in
                    try OfferedFile.open(isFolder ? "\(entry)/\(file)" : entry, in: folder.artifacts).copy()
                }
                problems += scan.skipped.prefix(5).map { "artifact '\(name)': left out: \($0)" }
                artifacts.append(
                    LeftArtifact(
                        name: name, folder: folder.artifacts, entry: entry, isFolder: isFolder, scan: scan))
            } catch {
                problems.append("artifact '\(name)' is not kept: \(error.message)")
            }
        }
        return (artifacts, problems)
    }

    /// What an offline run of W&B has logged (`log_artifact`): its client has put the files aside, for a later 'wandb sync'.
    static func readWandb(
        _ places: ArtifactPlaces, isStopped: () -> Bool = { false }
    ) -> (artifacts: [LeftArtifact], problems: [String]) {
        var artifacts: [LeftArtifact] = []
        var problems: [String] = []
        for path in places.wandb.sorted() {
            guard let file = try? OfferedFile.open(anywhere: path, owner: places.owner), !file.isHollow else {
                continue
            }
            var reader = WandbArtifact.Reader()
            var offset = 0
            while offset < file.size, !isStopped(),
                let bytes = DiskFile.read(file.descriptor, offset: offset, limit: 1 << 20), !bytes.isEmpty
            {
                reader.take(bytes)
                offset += bytes.count
            }
            for logged in reader.artifacts {
                do throws(SweepError) {
                    artifacts.append(try Self.artifact(logged, owner: places.owner, isStopped, &problems))
                } catch {
                    problems.append("artifact '\(logged.name)' is not kept: \(error.message)")
                }
            }
        }
        return (artifacts, problems)
    }

    private static func artifact(
        _ logged: WandbArtifact, owner: UInt32?, _ isStopped: () -> Bool, _ problems: inout [String]
    ) throws(SweepError) -> LeftArtifact {
        if logged.isIncomplete { throw SweepError(.usage, "it holds more files than the run's file lists") }
        var places: [String: String] = [:]
        var skipped: [String] = []
        for file in logged.files {
            if let place = file.place, ArtifactManifest.isPath(file.path) {
                places[file.path] = place
            } else {
                skipped.append("\(file.path.prefix(200)): it is a reference, or no path in a folder")
            }
        }
        let manifest = ArtifactManifest(
            type: logged.type, metadata: logged.metadata, aliases: logged.aliases.isEmpty ? nil : logged.aliases,
            files: [])
        let scan = try ArtifactScan(
            paths: Array(places.keys), in: "it", manifest, skipped: skipped, isStopped: isStopped
        ) { (path) throws(SweepError) in try OfferedFile.open(anywhere: places[path] ?? "", owner: owner).copy() }
        problems += scan.skipped.prefix(5).map { "artifact '\(logged.name)': left out: \($0)" }
        return LeftArtifact(name: logged.name, folder: "", scan: scan, places: places, owner: owner)
    }

    /// What was left out stays, and all that is with it.
    static func remove(_ artifact: LeftArtifact) {
        // What W&B's client has put aside is what 'wandb sync' sends.
        guard artifact.scan.skipped.isEmpty, artifact.places == nil else { return }
        FolderTree.remove("\(artifact.folder)/\(artifact.entry)")
    }
}
