import Glibc
import NIOPosix
import ServiceLifecycle
import SweepModel
import SweepRecord

/// An artifact that an ended trial has left.
struct LeftArtifact: Sendable {
    var name: String
    /// Its folder, or, with `file`, the folder that the file is in.
    var folder: String
    /// It is a single file of this name.
    var file: String?
    var scan: ArtifactScan

    /// Where a file of its manifest is, from `folder`.
    func place(of path: String) -> String { file ?? path }
}

/// What is to be done with the files of an ended attempt.
enum ArtifactJob: Sendable {
    case read(AttemptID, AttemptFolder)
    /// The controller has all of them.
    case remove(AttemptID, [LeftArtifact])
}

/// Reads what ended trials have left, and removes what the controller has: beside everything else, one after the other.
package struct ArtifactReader: Service {
    private let agent: Agent

    package init(agent: Agent) { self.agent = agent }

    package func run() async throws {
        let jobs = agent.artifactJobs
        await cancelWhenGracefulShutdown {
            for await job in jobs {
                switch job {
                case .read(let attempt, let folder):
                    let found = try? await NIOThreadPool.singleton.runIfActive { Self.read(folder) }
                    await agent.readArtifacts(of: attempt, found?.artifacts ?? [], problems: found?.problems ?? [])
                case .remove(let attempt, let artifacts):
                    _ = try? await NIOThreadPool.singleton.runIfActive {
                        for artifact in artifacts { Self.remove(artifact) }
                    }
                    await agent.removedArtifacts(of: attempt)
                }
            }
        }
    }

    /// Each folder in the attempt's artifact folder is one, and each file there by itself.
    static func read(_ folder: AttemptFolder) -> (artifacts: [LeftArtifact], problems: [String]) {
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
            let place = isFolder ? path : folder.artifacts
            do throws(SweepError) {
                let scan = try ArtifactScan(folder: path) { (file) throws(SweepError) in
                    let opened = try OfferedFile.open(isFolder ? file : entry, in: place)
                    let copy = fcntl(opened.descriptor, F_DUPFD_CLOEXEC, 0)
                    guard copy >= 0 else { throw SweepError(.failed, String(cString: strerror(errno))) }
                    return copy
                }
                problems += scan.skipped.prefix(5).map { "artifact '\(name)': left out: \($0)" }
                artifacts.append(
                    LeftArtifact(name: name, folder: place, file: isFolder ? nil : entry, scan: scan))
            } catch {
                problems.append("artifact '\(name)' is not kept: \(error.message)")
            }
        }
        return (artifacts, problems)
    }

    /// What was left out stays, and all that is with it.
    static func remove(_ artifact: LeftArtifact) {
        guard artifact.scan.skipped.isEmpty else { return }
        FolderTree.remove(artifact.file.map { artifact.folder + "/" + $0 } ?? artifact.folder)
    }
}
