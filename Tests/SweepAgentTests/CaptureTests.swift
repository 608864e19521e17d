import Glibc
import SweepAgent
import SweepModel
import Testing

/// What is captured of the code and of Python.
@Suite struct CaptureTests {
    let folder: TemporaryFolder
    private let environment = [
        "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "HOME": "/nonexistent",
    ]

    init() throws { folder = try TemporaryFolder() }

    private func write(_ name: String, _ text: String) throws {
        if let slash = name.lastIndex(of: "/") { try DiskFile.makeFolder("\(folder.path)/\(name[..<slash])") }
        try DiskFile.write("\(folder.path)/\(name)", Array(text.utf8))
    }

    /// Runs a line of shell in the folder, with a git that knows no settings of this machine.
    private func shell(_ line: String) -> Bool {
        let settings =
            "export HOME='\(folder.path)' GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b"
        var pid = pid_t()
        let arguments = ["sh", "-c", "\(settings); cd '\(folder.path)' && { \(line); } >/dev/null 2>&1"]
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        guard posix_spawnp(&pid, "sh", nil, nil, &pointers, environ) == 0 else { return false }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return status == 0
    }

    @Test func `a patch on the commit gives the very code back, and what is not in it is told`() async throws {
        try write("repo/train.py", "print('one')\n")
        try write("repo/gone.py", "x\n")
        #expect(shell("cd repo && git init -q -b trunk && git add . && git commit -qm one"))
        #expect(shell("cd repo && git remote add origin https://me:secret@example.com/r.git"))
        try write("repo/train.py", "print('two')\n")
        try write("repo/new/model.py", "a\nb")
        try write("repo/tool.sh", "#!/bin/sh\n")
        #expect(shell("cd repo && chmod +x tool.sh && rm gone.py && echo ignored > .gitignore && echo x > ignored"))
        let binary = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try DiskFile.write(folder.path + "/repo/icon.bin", binary)
        try DiskFile.write(folder.path + "/repo/one zero", [0])
        try DiskFile.write(folder.path + "/repo/data.bin", [UInt8](repeating: 0, count: 70_000))
        try write("repo/ü \"odd\" \\ name\n.py", "pass\n")
        #expect(shell("cd repo && ln -s train.py link && mkfifo pipe && ln -s pipe to-pipe && ln -s /etc/passwd far"))
        let capture = await GitCapture.take(folder.path + "/repo/new", scripts: [], environment: environment)
        #expect(capture.remote == "https://example.com/r.git")
        #expect(capture.branch == "trunk")
        #expect(capture.commit?.count == 40)
        #expect(capture.isDirty)
        #expect(capture.leftOut == ["data.bin: 70000 bytes"] && capture.leftOutCount == 1)
        try DiskFile.write(folder.path + "/diff.patch", capture.patch)
        #expect(shell("git clone -q repo copy && cd copy && git apply ../diff.patch"))
        #expect(
            shell("diff -r --no-dereference -x .git -x ignored -x data.bin -x pipe repo copy && test -x copy/tool.sh"))
        #expect(shell("test $(readlink copy/far) = /etc/passwd && test $(readlink copy/to-pipe) = pipe"))
        #expect(DiskFile.read(folder.path + "/copy/new/model.py") == Array("a\nb".utf8))
        #expect(FileLookup.disk.kind(folder.path + "/copy/data.bin") == .missing)
    }

    @Test func `submodules are captured with their commits and changes`() async throws {
        try write("inner/lib.py", "one\n")
        let config = "git -c protocol.file.allow=always"
        #expect(shell("cd inner && git init -q -b trunk && git add . && git commit -qm one"))
        #expect(shell("git init -q -b trunk repo && cd repo && \(config) submodule --quiet add ../inner libs/inner"))
        #expect(shell("cd repo && git add . && git commit -qm one"))
        #expect(shell("cd repo/libs/inner && echo two > lib.py && git commit -qam two"))
        try write("repo/libs/inner/lib.py", "three\n")
        try write("repo/libs/inner/new.py", "new\n")
        try DiskFile.write(folder.path + "/repo/libs/inner/bin", [0, 1])
        let capture = await GitCapture.take(folder.path + "/repo", scripts: [], environment: environment)
        #expect(capture.submodules.map(\.path) == ["libs/inner"])
        #expect(capture.isDirty && capture.leftOut.isEmpty)
        try DiskFile.write(folder.path + "/diff.patch", capture.patch)
        let commit = try #require(capture.submodules.first?.commit)
        #expect(shell("git clone -q repo copy && git clone -q repo/libs/inner copy/libs/inner"))
        #expect(shell("cd copy && git -C libs/inner checkout -q --detach \(commit) && git apply ../diff.patch"))
        #expect(shell("diff -r -x .git repo copy"))
    }

    @Test func `outside of a repository the scripts that the command names are kept`() async throws {
        try write("work/train.py", "print(1)\n")
        // A repository above the folder is not asked for here: the temporary folder lies in none.
        let capture = await GitCapture.take(
            folder.path + "/work", scripts: [folder.path + "/work/train.py"], environment: environment)
        #expect(capture.root == nil)
        #expect(
            String(decoding: capture.patch, as: UTF8.self)
                == "diff --git a/train.py b/train.py\nnew file mode 100644\n--- /dev/null\n+++ b/train.py\n@@ -0,0 +1 @@\n+print(1)\n"
        )
    }

    @Test func `outside of a repository what lies around the script is kept, but no data and no environment`()
        async throws
    {
        for name in [
            "train.py", "models/net.py", "conf/a.yaml", "venv/x.py", "venv/pyvenv.cfg", ".hidden/y.py", "data.csv",
        ] {
            try write("work/\(name)", name + "\n")
        }
        let script = folder.path + "/work/train.py"
        func names(home: String) async -> [String] {
            let environment = environment.merging(["HOME": home]) { $1 }
            let capture = await GitCapture.take(folder.path + "/work", scripts: [script], environment: environment)
            return String(decoding: capture.patch, as: UTF8.self).split(separator: "\n")
                .filter { $0.hasPrefix("+++ b/") }.map { String($0.dropFirst(6)) }
        }
        #expect(await names(home: "/nowhere") == ["train.py", "conf/a.yaml", "models/net.py"])
        #expect(await names(home: folder.path + "/work") == ["train.py"])
    }

    @Test func `packages are read from their metadata`() throws {
        try write("site/numpy-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: numpy\nVersion: 2.0\n\nText\n")
        try write("site/Mine-1.0.dist-info/METADATA", "Name: Mine\r\nVersion: 1.0\r\n")
        try write(
            "site/Mine-1.0.dist-info/direct_url.json",
            #"{"url": "https://u:p@host/mine", "vcs_info": {"vcs": "git", "commit_id": "abc"}}"#)
        try write("site/old.egg-info/PKG-INFO", "Name: old\nVersion: 0.1\n")
        try write("site/broken-1.dist-info/METADATA", "nothing")
        #expect(
            PythonCapture.requirements(in: [folder.path + "/site", "/nonexistent", ""]) == [
                "Mine @ git+https://host/mine@abc", "numpy==2.0", "old==0.1",
            ])
    }

    @Test func `the interpreter is the command's own, the script's, or that of the PATH`() throws {
        try write("bin/python", "#!/bin/sh\n")
        try write("a", "#!/opt/x/bin/python3.11 -u\nprint()\n")
        try write("b", "#!/usr/bin/env python\nprint()\n")
        try write("c.sh", "#!/bin/sh\npython x.py\n")
        #expect(chmod(folder.path + "/bin/python", 0o755) == 0)
        func interpreter(_ program: String) -> String? {
            PythonCapture.interpreter(program, directory: folder.path, path: folder.path + "/bin", files: .disk)
        }
        #expect(interpreter("/usr/bin/python3") == "/usr/bin/python3")
        #expect(interpreter(folder.path + "/a") == "/opt/x/bin/python3.11")
        #expect(interpreter(folder.path + "/b") == folder.path + "/bin/python")
        #expect(interpreter(folder.path + "/c.sh") == folder.path + "/bin/python")
    }
}

/// System metrics.
@Suite struct SystemTests {
    @Test func `a trial's processes are counted, with those that they have started`() throws {
        var usage = ProcessUsage()
        _ = usage.sample([getpid()])
        // Some work, so that a tick of CPU time passes.
        let end = ContinuousClock.now + .milliseconds(60)
        var value = 1.0
        while ContinuousClock.now < end { value = value * 1.0000001 + 1 }
        let sample = usage.sample([getpid(), 2_000_000_000])
        #expect(value > 0)
        #expect(sample.cpuSeconds >= 0.01 && sample.cpuSeconds < 60)
        #expect(sample.resident > 1_048_576)
        #expect(sample.threads >= 1)
        let memory = try #require(MachineUsage.memory())
        #expect(memory.available <= memory.total && memory.total > 1_048_576)
        #expect(ProcessTree.descendants(of: 2_000_000_000).isEmpty)
    }

    @Test func `all samples are kept at first, then means`() throws {
        var thinning = SystemThinning()
        var lines: [(second: Int, value: Double)] = []
        for second in stride(from: 0, through: 10_000, by: 2) {
            let time = Timestamp(milliseconds: Int64(second) * 1000)
            guard let line = thinning.add([("system.cpu", Double(second)), ("system.x", .nan)], time: time) else {
                continue
            }
            let value = try JSONParser.parse(line)
            lines.append((second, try #require(value["system.cpu"]?.number)))
            #expect(value["system.x"] == nil)
        }
        #expect(lines.filter { $0.second < 600 }.count == 300)
        #expect(lines.filter { (600..<7200).contains($0.second) }.count == 660)
        #expect(lines.filter { $0.second >= 7200 }.count < 60)
        // The mean of the five samples up to then.
        let later = try #require(lines.first { $0.second >= 1000 })
        #expect(later.value == Double(later.second) - 4)
    }
}
