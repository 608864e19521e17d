import Glibc
import SweepModel
import SweepWire
import Testing

@testable import SweepAgent

/// `--allow` and `--inherit`, without a process.
@Suite struct LaunchRulesTests {
    private func plan(
        _ command: [String], allow: [String] = [], inherit: [String]? = nil,
        environment: [String: String] = [:],
        sets: [String: String] = [:], files: FileLookup = .disk
    ) throws(SweepError) -> LaunchPlan {
        let context = LaunchContext(
            environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }, directory: "/",
            folder: AttemptFolder(path: "/home/a/attempts/t-1"),
            rules: LaunchRules(
                allowed: AllowedPrograms(allow), inherited: InheritedEnvironment(patterns: inherit)),
            files: files)
        return try LaunchPlan.make(.example(command, environment: sets), context)
    }

    @Test func `without a pattern every program is one`() throws {
        #expect(try plan(["/bin/sh", "-c", "true"]).argv == ["/bin/sh", "-c", "true"])
    }

    @Test(arguments: [
        (["sh"], "sh"), (["s*"], "sh"), (["/usr/bin/*"], "env"), (["/nowhere", "env"], "env"),
        (["/usr/bin/e?v"], "env"),
    ])
    func `a program that fits a pattern is started`(allow: [String], name: String) throws {
        #expect(try plan([name], allow: allow).argv == [name])
    }

    @Test(arguments: [
        (["python*"], "sh"), (["/opt/*"], "/bin/sh"), (["sh"], "/bin/sh"), (["/usr/*"], "/usr/bin/env"),
        (["/usr/lib/*"], "/usr/lib/../bin/env"),
    ])
    func `another one is refused with what is allowed`(allow: [String], name: String) {
        let error = #expect(throws: SweepError.self) { try plan([name], allow: allow) }
        #expect(error?.category == .denied)
        #expect(error?.message.contains("does not allow the program '\(name)'") == true)
        #expect(error?.message.contains(allow[0]) == true)
    }

    @Test func `a name means the agent's program, whatever PATH the sweep sets`() {
        let error = #expect(throws: SweepError.self) {
            try plan(
                ["env"], allow: ["env"], sets: ["PATH": "/evil"],
                files: FileLookup(kind: {
                    $0 == "/evil/env" || $0 == "/usr/bin/env" ? .file(executable: true) : .missing
                }))
        }
        #expect(error?.category == .denied)
    }

    @Test func `a link into an allowed folder is followed, one out of it is its own name`() throws {
        let files = FileLookup(
            kind: { _ in .file(executable: true) },
            resolve: { $0 == "/venv/bin/python" ? "/usr/bin/python3.11" : "/bin/sh" })
        _ = try plan(["/venv/bin/python"], allow: ["/venv/bin/python"], files: files)
        _ = try plan(["/venv/bin/python"], allow: ["/usr/bin/python3*"], files: files)
        #expect(throws: SweepError.self) {
            try plan(["/other/tool"], allow: ["/usr/bin/*"], files: files)
        }
    }

    @Test(arguments: ["LD_PRELOAD", "BASH_ENV", "ENV", "PATH", "PYTHONPATH", "PERL5OPT", "NODE_OPTIONS"])
    func `a sweep may not load other code into an allowed program`(variable: String) {
        let error = #expect(throws: SweepError.self) {
            try plan(["sh"], allow: ["sh"], sets: [variable: "/usr/bin:/bin"])
        }
        #expect(error?.message.contains(variable) == true)
    }

    @Test func `an allowed Python runs any script, so it may be given its modules too`() throws {
        let files = FileLookup(
            kind: { _ in .file(executable: true) }, resolve: { _ in "/usr/bin/python3.11" })
        let plan = try plan(
            ["/usr/bin/python3"], allow: ["/usr/bin/python3*"], sets: ["PYTHONPATH": "/mine", "LR": "1"], files: files)
        #expect(plan.environment["PYTHONPATH"] == "/mine")
    }

    @Test func `everything but the agent's own is inherited, or only what is on the list`() throws {
        let outer = [
            "HOME": "/h", "DATA": "/d", "CUDA_HOME": "/c", "CONDA_PREFIX": "/k", "VIRTUAL_ENV": "/v",
            "LC_ALL": "C",
            "MY_KEY": "k", "SWEEP_TOKEN": "s", "SWEEP_JOIN": "s", "SWEEP_ANYTHING": "s",
            "NOTIFY_SOCKET": "n",
            "INVOCATION_ID": "i",
        ]
        let all = try plan(["sh"], environment: outer).environment
        for name in [
            "HOME", "DATA", "CUDA_HOME", "CONDA_PREFIX", "VIRTUAL_ENV", "LC_ALL", "MY_KEY", "PATH",
        ] {
            #expect(all[name] != nil, "\(name)")
        }
        let listed = try plan(["sh"], inherit: ["MY_*"], environment: outer).environment
        for name in ["HOME", "CUDA_HOME", "CONDA_PREFIX", "VIRTUAL_ENV", "LC_ALL", "MY_KEY", "PATH"] {
            #expect(listed[name] != nil, "\(name)")
        }
        #expect(listed["DATA"] == nil)
        let greedy = try plan(["sh"], inherit: ["*"], environment: outer).environment
        for environment in [all, listed, greedy] {
            #expect(!environment.values.contains("s"))
            #expect(environment["NOTIFY_SOCKET"] == nil && environment["INVOCATION_ID"] == nil)
        }
        #expect(greedy["DATA"] == "/d")
    }
}
