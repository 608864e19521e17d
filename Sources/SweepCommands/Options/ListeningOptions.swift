import ArgumentParser

/// Where a controller is to listen.
struct ListeningOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The port; 0 for any free one. Default: 7733, or a free one where that is taken.", valueName: "n"))
    var port: Int?

    func validate() throws {
        if let port, !(0...65535).contains(port) { throw ValidationError("--port is a number from 0 to 65535") }
    }

    /// The same options as arguments.
    var arguments: [String] { port.map { ["--port", String($0)] } ?? [] }
}
