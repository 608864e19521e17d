import Glibc
import SweepModel
import SweepWire
import Testing

@testable import SweepAgent

/// Which folders of ended attempts another attempt may have, and that it finds nothing of the first one there.
@Suite struct FolderReuseTests {
    let home: TemporaryFolder
    let folder: AttemptFolder

    /// As an attempt leaves it that printed and reported something.
    init() throws {
        home = try TemporaryFolder()
        folder = AttemptFolder(agentFolder: home.path, attempt: AttemptID(TrialID(SweepID("s"), 1), 1))
        for inner in [folder.checkpoints, folder.artifacts] { try DiskFile.makeFolder(inner) }
        for file in [
            folder.launch, folder.lock, folder.output, folder.spool, folder.parameters, folder.wandbParameters,
            folder.metrics,
        ] {
            try DiskFile.write(file, Array("of the first".utf8))
        }
    }

    private func isGone(_ path: String) -> Bool { FileLookup.disk.kind(path) == .missing }

    @Test func `a folder with nothing of the trial's own is fit, and cleared of what it has left`() {
        #expect(folder.isPlain)
        folder.clear()
        #expect([folder.output, folder.spool, folder.metrics].allSatisfy(isGone))
    }

    @Test(arguments: [
        "a file of the trial's", "a folder of the trial's", "a checkpoint", "an artifact", "no checkpoint folder",
        "a checkpoint folder that lies elsewhere", "an artifact folder that is a file", "a file of the record",
    ])
    func `a folder in which there is more, or less, is not`(_ what: String) throws {
        switch what {
        case "a file of the trial's": try DiskFile.write(folder.path + "/model.bin", [1])
        case "a folder of the trial's": try DiskFile.makeFolder(folder.path + "/wandb")
        case "a checkpoint": try DiskFile.write(folder.checkpoints + "/1.pt", [1])
        case "an artifact": try DiskFile.makeFolder(folder.artifacts + "/model")
        case "no checkpoint folder": rmdir(folder.checkpoints)
        case "a checkpoint folder that lies elsewhere":
            rmdir(folder.checkpoints)
            try DiskFile.makeFolder(home.path + "/elsewhere")
            symlink(home.path + "/elsewhere", folder.checkpoints)
        case "an artifact folder that is a file":
            rmdir(folder.artifacts)
            try DiskFile.write(folder.artifacts, [])
        default: try DiskFile.write(folder.recordFile(try #require(RecordFileName.all.first)), [1])
        }
        #expect(!folder.isPlain)
    }

    @Test func `on a machine that is never idle folders are removed all the same`() async throws {
        let folder = try TemporaryFolder()
        let cleaner = FolderCleaner(idles: false)
        let attempt = AttemptFolder(path: folder.path + "/t-1-1")
        for inner in [attempt.checkpoints, attempt.artifacts] { try DiskFile.makeFolder(inner) }
        cleaner.remove(attempt)
        cleaner.hurry()
        #expect(FileLookup.disk.kind(attempt.path) != .missing)
        _ = try await eventually("it is removed") {
            cleaner.hurry()
            return FileLookup.disk.kind(attempt.path) == .missing ? true : nil
        }
    }

    @Test func `the cleaner gives out the oldest folder once, and one that is not fit never`() throws {
        let cleaner = FolderCleaner()
        #expect(cleaner.take() == nil)
        let spoilt = AttemptFolder(agentFolder: home.path, attempt: AttemptID(TrialID(SweepID("s"), 2), 1))
        try DiskFile.makeFolder(spoilt.path)
        try DiskFile.write(spoilt.path + "/model.bin", [1])
        cleaner.remove(folder)
        cleaner.remove(spoilt)
        #expect(cleaner.take() == folder)
        #expect(cleaner.take() == nil)
        cleaner.finish()
        // What the trial has left stays; the agent's own goes.
        #expect(DiskFile.names(in: spoilt.path) == ["model.bin"])
        #expect(folder.isPlain)
    }

    @Test func `the next attempt finds nothing of the first, not even where that one left links`() throws {
        let precious = try home.write("precious", "precious")
        unlink(folder.parameters)
        symlink(precious, folder.parameters)
        unlink(folder.metrics)
        link(precious, folder.metrics)
        let assignment = Assignment.example(["true"], parameters: [.init("lr", 0.1)], trial: 2)
        let next = AttemptFolder(agentFolder: home.path, attempt: assignment.attempt)
        let plan = try LaunchPlan.make(
            assignment,
            LaunchContext(
                environment: ["PATH": "/usr/bin:/bin"], directory: home.path, folder: next))
        try Launcher().prepare(plan, assignment, reusing: folder)
        #expect(isGone(folder.path))
        #expect(text(next.parameters) == "{\"lr\":0.1}")
        #expect([next.output, next.spool, next.metrics].allSatisfy(isGone))
        #expect(text(precious) == "precious")
    }
}
