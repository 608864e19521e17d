import Glibc
import SweepModel
import Testing
import TrialShim

@testable import SweepAgent

/// A trial offers whatever it likes; what is taken is its own.
@Suite struct OfferedFileTests {
    let folder: TemporaryFolder
    let own: String

    init() throws {
        folder = try TemporaryFolder()
        own = folder.path + "/artifacts"
        try DiskFile.makeFolder(own + "/inner")
        try folder.write("secret", "secret")
        try folder.write("artifacts/inner/model", "weights")
        symlink("../secret", own + "/up")
        symlink(folder.path + "/secret", own + "/absolute")
        symlink("..", own + "/out")
        symlink("inner/model", own + "/good")
        symlink("loop", own + "/loop")
        symlink("/proc/self/environ", own + "/magic")
        mkfifo(own + "/pipe", 0o600)
    }

    @Test(arguments: [
        "up", "absolute", "out/secret", "../secret", "inner/../../secret", "/etc/passwd", "", ".",
        "inner", "pipe", "loop",
        "magic", "inner/model/x", "/", "..",
    ])
    func `what leads out, or is no file, is not taken`(path: String) {
        let error = #expect(throws: SweepError.self) { try OfferedFile.open(path, in: own) }
        #expect(error?.category == .denied || path == "inner/model/x", "\(String(describing: error))")
    }

    @Test(arguments: ["inner/model", "good", "./inner//model"])
    func `its own files are, through links too`(path: String) throws {
        let file = try OfferedFile.open(path, in: own)
        #expect(file.size == 7)
        #expect(DiskFile.read(file.descriptor, offset: 0, limit: 100) == Array("weights".utf8))
    }

    @Test func `a folder is looked at only where it is the trial's own`() {
        let entries = OfferedFolder.entries(of: "inner", in: own)
        #expect(entries.map(\.name) == ["model"])
        #expect(entries.first?.isFolder == false)
        symlink("/", own + "/root")
        for path in ["out", "root", "..", "/", "inner/model", "nothing"] {
            #expect(OfferedFolder.entries(of: path, in: own).isEmpty, "\(path)")
        }
    }

    @Test(arguments: ["out/new", "up", "absolute", "pipe", "deep/er/new", "inner/model"])
    func `what is written for a trial lands in its own folder, whatever lies there`(path: String) throws {
        let file = ArrivingFile(path, in: own)
        // A link in the middle leads nowhere; one at the end, or a pipe, gives way.
        #expect((file == nil) == (path == "out/new"))
        #expect(file?.append(Array("mine".utf8)) != false)
        #expect(file?.place() != false)
        #expect(text(folder.path + "/secret") == "secret")
        #expect(!DiskFile.names(in: folder.path).contains("new"))
        guard file != nil else { return }
        #expect(try OfferedFile.open(path, in: own).size == 4)
    }

    @Test func `half a file is gone with whoever wrote it, and follows no link that lies aside`() throws {
        symlink(folder.path + "/secret", own + "/half.part")
        var file = ArrivingFile("half", in: own)
        #expect(file?.append([1]) == true)
        file = nil
        #expect(text(folder.path + "/secret") == "secret")
        #expect(DiskFile.names(in: own).allSatisfy { !$0.hasPrefix("half") })
    }

    @Test func `a file that is too large, another account's, or not there is told`() throws {
        let large = #expect(throws: SweepError.self) { try OfferedFile.open("good", in: own, limit: 6) }
        #expect(large?.message.contains("7 bytes") == true)
        #expect(try OfferedFile.open("good", in: own, owner: geteuid(), limit: 7).size == 7)
        let foreign = #expect(throws: SweepError.self) {
            try OfferedFile.open("good", in: own, owner: geteuid() + 1)
        }
        #expect(foreign?.category == .denied)
        let missing = #expect(throws: SweepError.self) { try OfferedFile.open("nothing", in: own) }
        #expect(missing?.category == .notFound)
    }

    @Test(arguments: [
        ("up", -ELOOP), ("absolute", -ELOOP), ("out/secret", -ELOOP), ("../secret", -EXDEV),
        ("inner/../inner/model", -EXDEV),
        ("/etc/passwd", -EXDEV), ("good", -ELOOP), ("", -EXDEV), ("nothing", -ENOENT),
    ])
    func `without openat2 no link is followed at all`(path: String, error: Int32) throws {
        let place = open(own, O_RDONLY | O_DIRECTORY)
        defer { close(place) }
        #expect(trial_shim_open_beneath_by_steps(place, path) == error)
        let file = trial_shim_open_beneath_by_steps(place, "inner/model")
        #expect(file >= 0)
        close(file)
    }
}
