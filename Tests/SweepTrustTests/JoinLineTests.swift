import Glibc
import SweepModel
import SweepTrust
import SweepWire
import Testing

@Suite struct JoinLineTests {
    private static let secret = String(repeating: "aB3-_", count: 9)
    private static let print = String(repeating: "0123456789abcdef", count: 4)

    private func line(host: String = "gpu1", role: TokenRole = .agent) throws -> JoinLine {
        let fingerprint = try #require(Fingerprint(Self.print))
        return try #require(
            JoinLine(token: role.prefix + Self.secret, host: host, port: 7733, fingerprint: fingerprint))
    }

    @Test(arguments: ["gpu1.example", "10.0.0.5", "fe80::1"]) func `a line is read as it was written`(host: String)
        throws
    {
        let written = try line(host: host)
        #expect(try JoinLine.parse(written.text, role: .agent) == written)
        let file = "/tmp/sweep-join-\(getpid())-\(host)"
        defer { unlink(file) }
        try PrivateFile.write(Array("agent --join '\(written.text)'\n".utf8), to: file)
        #expect(try JoinLine.read(file, role: .agent) == written)
    }

    @Test func `a line of the other role is refused`() throws {
        let text = try line(role: .user).text
        #expect(try JoinLine.parse(text, role: .user).role == .user)
        #expect(throws: SweepError.self) { try JoinLine.parse(text, role: .agent) }
    }

    @Test(arguments: [
        "", "sweep://", "http://swa_\(secret)@h:1/\(print)", "sweep://swa_\(secret)@h/\(print)",
        "sweep://swa_\(secret)@h:0/\(print)", "sweep://swa_\(secret)@h:70000/\(print)",
        "sweep://swa_\(secret)@:1/\(print)",
        "sweep://swa_\(secret)@h:1/\(print)0", "sweep://swa_\(secret)@h:1/", "sweep://swx_\(secret)@h:1/\(print)",
        "sweep://swa_short@h:1/\(print)", "sweep://swa_\(secret) x@h:1/\(print)",
        "sweep://swa_\(secret)@h x:1/\(print)",
        "sweep://" + String(repeating: "x", count: 5000),
    ])
    func `what is no line is refused, and not repeated`(text: String) {
        let error = #expect(throws: SweepError.self) { try JoinLine.parse(text, role: .agent) }
        #expect(error?.description.contains(Self.secret) == false)
        #expect(error?.category == .usage)
    }

    @Test func `a fingerprint is read with and without colons, and is of 32 bytes`() throws {
        let bytes = stride(from: 0, to: 64, by: 2).map { start in
            let from = Self.print.index(Self.print.startIndex, offsetBy: start)
            return String(Self.print[from...].prefix(2)).uppercased()
        }
        #expect(Fingerprint(bytes.joined(separator: ":"))?.text == Self.print)
        #expect(Fingerprint(String(Self.print.dropLast())) == nil)
        #expect(Fingerprint(String(repeating: "g", count: 64)) == nil)
        // FIPS 180-4's example: SHA-256 of "abc".
        #expect(
            Fingerprint(certificate: Array("abc".utf8)).text
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `what was joined is kept for its owner alone, and damage is told`() throws {
        let home = SweepHome(path: "/tmp/sweep-joined-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
        #expect(mkdir(home.path, 0o700) == 0)
        let file = home.path + "/joined.json"
        defer {
            unlink(file)
            rmdir(home.path)
        }
        #expect(try Joined.read(home) == Joined())
        var joined = Joined()
        joined.agent = try line()
        joined.user = try line(role: .user)
        try joined.write(home)
        #expect(try Joined.read(home) == joined)
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
        try PrivateFile.write(Array("{\"agent\":\"\(Self.secret)\"}".utf8), to: file)
        let error = #expect(throws: SweepError.self) { try Joined.read(home) }
        #expect(error?.description.contains(Self.secret) == false)
    }

    @Test func `a link in the way of a secret is not followed`() throws {
        let path = "/tmp/sweep-private-\(getpid())"
        defer {
            unlink(path)
            unlink(path + ".target")
        }
        #expect(symlink(path + ".target", "\(path).\(getpid()).part") == 0)
        try PrivateFile.write([1, 2, 3], to: path)
        #expect(access(path + ".target", F_OK) != 0)
        #expect(PrivateFile.read(path) == [1, 2, 3])
    }
}
