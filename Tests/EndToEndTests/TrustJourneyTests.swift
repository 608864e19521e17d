import FoundationEssentials
import Glibc
import SweepModel
import SweepWire
import Testing

/// Two machines, as far as one machine can play them: two homes, and an address that is not loopback.
@Suite(.serialized) struct TrustJourneyTests {
    /// This machine's first address that is not loopback.
    private static let outside: String? = {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return nil }
        defer { freeifaddrs(first) }
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, Int32(address.pointee.sa_family) == AF_INET else {
                continue
            }
            var name = [CChar](repeating: 0, count: 64)
            guard getnameinfo(address, 16, &name, 64, nil, 0, Int32(NI_NUMERICHOST)) == 0 else {
                continue
            }
            let text = String(
                decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if !text.hasPrefix("127.") { return text }
        }
        return nil
    }()

    private let sweepFile = """
        method: grid
        metric: {name: loss, goal: minimize}
        command: [sh, -c, "env > $OUT; echo loss=1"]
        environment: {OUT: "%"}
        parameters: {x: {values: [1]}}
        """

    /// Everything that anybody can see of the processes whose command line names one of our programs.
    private func commandLines() -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { Int($0) != nil }.map { Program.text("/proc/\($0)/cmdline") }.joined(
            separator: "\n")
    }

    @Test(.enabled(if: outside != nil))
    func `an agent and a person on another machine join, work, and are revoked`() async throws {
        let outside = try #require(Self.outside)
        let here = try Home()
        let there = try Home()
        try await here.sweep("controller", "start", "--host", "0.0.0.0", "--port", "0")
        let join = try JSONParser.parse(
            try await here.sweep("join", "--json", "--label", "box", "--address", outside))
        let line = try #require(join["line"]?.string)
        let secret = try #require(line.split(separator: "@").first?.dropFirst("sweep://".count))
            .description
        let user = try JSONParser.parse(
            try await here.sweep("join", "--user", "--json", "--address", outside))
        let userLine = try #require(user["line"]?.string)

        // A person: by standard input's stand-in, a file.
        try await there.sweep("login", there.write("line", userLine))
        let file = sweepFile.replacing("%", with: there.project + "/env")
        let sweep = try await there.create(file)
        #expect(try await here.sweep("list").contains(sweep))

        // An agent: the line on its command line, which others may look at.
        let agent = try there.start("agent", "--join", line, "--name", "box", "--log-level", "debug")
        try await poll { agent.error.contains("connected") }
        #expect(!commandLines().contains(secret))
        let trials = try await there.finished(sweep)
        #expect(trials.map(\.state) == ["completed"])
        let environment = Program.text(there.project + "/env")
        #expect(environment.contains("SWEEP_TRIAL_ID") && !environment.contains(secret))

        // Revoked: the agent is sent away at once, and a new one with the line that its home keeps is refused.
        let id = try #require(join["token"]?["id"]?.string)
        try await here.sweep("token", "revoke", id)
        let wasSentAway = try await poll { agent.error.contains("refuses this agent") }
        #expect(wasSentAway, "\(agent.error)")
        agent.signal(SIGKILL)
        try await agent.wait()
        let again = try there.start("agent", "--name", "box")
        #expect(try await again.wait() == 77, "\(again.error)")
        #expect(again.error.contains("sweep join"))

        // Nothing that is kept or said holds the secret, but what is its owner's alone.
        let userSecret = try #require(userLine.split(separator: "@").first?.dropFirst("sweep://".count))
            .description
        for (home, folder) in [(here, here.folder), (there, there.folder)] {
            for name in FileManager.default.enumeratedFiles(folder) {
                guard let data = FileManager.default.contents(atPath: name) else { continue }
                let isOwn = name == home.home.path + "/joined.json" || name == there.project + "/line"
                let isAnswer = name.hasSuffix("-sweep.out")
                for word in [secret, userSecret] where !isOwn && !isAnswer {
                    #expect(!String(decoding: data, as: UTF8.self).contains(word), "\(name)")
                }
            }
        }
        try await there.sweep("logout")
    }

    @Test(.enabled(if: outside != nil))
    func `another certificate at the address is not taken for the controller`() async throws {
        let outside = try #require(Self.outside)
        let here = try Home()
        let there = try Home()
        try await here.sweep("controller", "start", "--host", "0.0.0.0", "--port", "0")
        let line = try await here.sweep("join", "--address", outside).trimmingLine
        try await here.sweep("controller", "renew-certificate")
        let agent = try there.start("agent", "--join", line)
        #expect(try await agent.wait() == 77, "\(agent.error)")
        #expect(agent.error.contains("is not the controller that was joined"))
        #expect(!agent.error.contains(line.split(separator: "@")[0].dropFirst("sweep://".count)))
    }

    @Test func `an agent for a sweep that does not exist ends with an error`() async throws {
        let home = try Home()
        try await home.sweep("controller", "start", "--port", "0")
        let agent = try home.start("agent", "--sweep", "no-such-sweep")
        #expect(try await agent.wait() == 1, "\(agent.error)")
        #expect(agent.error.contains("there is no sweep 'no-such-sweep'"))
    }

    @Test func `a program that the agent does not allow fails its trial with the reason`()
        async throws
    {
        let home = try Home()
        let sweep = try await home.create(sweepFile.replacing("%", with: home.project + "/env"))
        let agent = try home.start("agent", "--sweep", sweep, "--allow", "/opt/only/*")
        let trials = try await home.finished(sweep)
        #expect(trials.map(\.state) == ["failed"])
        #expect(trials.first?.reason.contains("does not allow the program 'sh'") == true)
        #expect(try await agent.wait() == 0)
        #expect(access(home.project + "/env", F_OK) != 0)
    }

    @Test func `units are shown with absolute paths and without a secret`() async throws {
        let home = try Home()
        let unit = try await home.sweep(
            "controller", "install", "--systemd", "--print", "--host", "0.0.0.0")
        #expect(
            unit.contains(
                "ExecStart=\"\(Program.folder)/sweep\" \"controller\" \"run\" \"--host\" \"0.0.0.0\""))
        let agent = try home.start(
            "agent", "install", "--systemd", "--print", "--gpu", "0", "--name", "gpu-0")
        #expect(try await agent.wait() == 0, "\(agent.error)")
        #expect(agent.output.contains("\" \"--gpu\" \"0\" \"--name\" \"gpu-0\"\n"))
        #expect(agent.output.contains("KillMode=process"))
        let wrong = try home.start("agent", "install", "--systemd", "--print", "--gpus", "0")
        #expect(try await wrong.wait() == 64)
    }
}

extension String {
    fileprivate var trimmingLine: String { String(prefix { $0 != "\n" }) }
}

extension FileManager {
    /// Every regular file below.
    fileprivate func enumeratedFiles(_ folder: String) -> [String] {
        ((try? contentsOfDirectory(atPath: folder)) ?? []).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { return [] }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: return enumeratedFiles(path)
            case S_IFREG: return [path]
            default: return []
            }
        }
    }
}
