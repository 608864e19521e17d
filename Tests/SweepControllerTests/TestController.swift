import Foundation
import Logging
import SweepModel
import SweepWire
import Synchronization
import Testing

@testable import SweepController

/// A controller in this process, on a free port, in a folder of its own.
final class TestController: Sendable {
    let home: SweepHome
    let file: ControllerFile
    /// The home's own, for a person and for agents.
    let token: String
    let agentToken: String
    private let controller: Controller
    private let running: Task<Void, any Error>

    /// Starts one; `home` goes on with another one's.
    init(
        home: SweepHome? = nil, hooks: ControllerHooks = ControllerHooks(),
        _ configure: (inout ControllerConfiguration) -> Void = { _ in }
    ) async throws {
        let isGiven = home != nil
        let home = home ?? SweepHome(path: NSTemporaryDirectory() + "sweep-" + UUID().uuidString)
        self.home = home
        var configuration = ControllerConfiguration(home: home)
        configuration.port = 0
        configuration.handlesSignals = false
        configure(&configuration)
        let listening = AsyncStream<ControllerFile>.makeStream()
        var logger = Logger(label: "test")
        logger.logLevel = ProcessInfo.processInfo.environment["SWEEP_TEST_LOG"] == nil ? .critical : .debug
        let controller = Controller(configuration, logger: logger, hooks: hooks) { listening.continuation.yield($0) }
        self.controller = controller
        running = Task {
            defer { listening.continuation.finish() }
            try await controller.run()
        }
        guard let file = await listening.stream.first(where: { _ in true }) else {
            if !isGiven { try? FileManager.default.removeItem(atPath: home.path) }
            try await running.value
            throw SweepError(.failed, "the controller ended at once")
        }
        self.file = file
        token = try #require(PrivateFile.line(home.tokenFile))
        agentToken = try #require(PrivateFile.line(home.agentTokenFile))
    }

    /// Ends it in good order; the home stays.
    func stop() async throws {
        controller.stop()
        try await running.value
    }

    func remove() { try? FileManager.default.removeItem(atPath: home.path) }

    func client() async throws -> TestPeer {
        let peer = try await TestPeer(port: file.port)
        try await peer.hello(Hello(role: .client, token: token, build: "test"))
        guard case .welcome = try await peer.next() else { throw SweepError(.failed, "no welcome") }
        return peer
    }
}

/// Runs `body` with a controller, which is ended and removed after it.
func withController(
    hooks: ControllerHooks = ControllerHooks(), configure: (inout ControllerConfiguration) -> Void = { _ in },
    _ body: (TestController) async throws -> Void
) async throws {
    let controller = try await TestController(hooks: hooks, configure)
    do {
        try await body(controller)
        try await controller.stop()
        controller.remove()
    } catch {
        try? await controller.stop()
        controller.remove()
        throw error
    }
}

/// Polls until `condition` holds, at most `seconds`.
func eventually(
    _ what: String, seconds: Double = 20, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        if ContinuousClock.now > deadline {
            Issue.record("never: \(what)", sourceLocation: sourceLocation)
            throw SweepError(.failed, "never: \(what)")
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
