import Glibc
package import SweepModel
package import SweepWire

/// Everything outside itself that a command touches: where it writes, its environment, the clock. Tests run commands with
/// a session of their own.
package struct Session: Sendable {
    /// Data.
    package var output: Output
    /// Talk: progress, hints, warnings, errors.
    package var talk: Output
    /// The descriptor of the input of those commands that read one.
    package var input: Int32
    package var environment: [String: String]
    /// The working directory, absolute.
    package var directory: String
    /// The `sweep` program itself, absolute: it starts the controller from this file and finds `agent` beside it.
    package var program: String
    package var now: @Sendable () -> Timestamp
    /// Asks a yes-or-no question; nil where nobody can answer.
    package var ask: (@Sendable (String) -> Bool)?

    package init(
        output: Output, talk: Output, input: Int32 = 0, environment: [String: String], directory: String,
        program: String,
        now: @escaping @Sendable () -> Timestamp = { .wallClock() }, ask: (@Sendable (String) -> Bool)? = nil
    ) {
        self.output = output
        self.talk = talk
        self.input = input
        self.environment = environment
        self.directory = directory
        self.program = program
        self.now = now
        self.ask = ask
    }

    @TaskLocal package static var current = Session.ofProcess()

    package var home: SweepHome { SweepHome(environment: environment, directory: directory) }

    /// A line of talk.
    package func say(_ line: String) {
        output.flush()
        talk.write(line + "\n")
        talk.flush()
    }

    /// The session of this process.
    package static func ofProcess() -> Session {
        var environment: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if let equals = text.firstIndex(of: "=") {
                environment[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        var session = Session(
            output: Output(descriptor: 1, environment: environment),
            talk: Output(descriptor: 2, environment: environment), environment: environment,
            directory: path { getcwd($0, $1).map { strlen($0) } } ?? "/",
            program: path { buffer, size in
                let length = readlink("/proc/self/exe", buffer, size)
                return length > 0 ? length : nil
            } ?? "sweep")
        if isatty(0) == 1, let talk = session.talk.terminal.map({ _ in session.talk }) {
            session.ask = { question in
                talk.write("\(question) [y/N] ")
                talk.flush()
                let answer = readLine()?.lowercased() ?? ""
                return answer == "y" || answer == "yes"
            }
        }
        return session
    }

    private static func path(_ fill: (UnsafeMutablePointer<CChar>, Int) -> Int?) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = buffer.withUnsafeMutableBufferPointer { pointer in
            pointer.baseAddress.flatMap { fill($0, pointer.count - 1) }
        }
        return length.map { String(decoding: buffer.prefix($0).map { UInt8(bitPattern: $0) }, as: UTF8.self) }
    }
}
