import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
package import SweepModel
import Synchronization

/// An MLflow tracking server for the trials of this agent, on loopback: a script that logs to MLflow needs no other one.
///
/// Its address stays the same when the agent starts anew, since trials that go on have it in their environment. The path of
/// a trial's address holds a secret of this agent, so that no other user of the machine logs into it.
package final class MLflowServer: Sendable {
    private struct Address {
        var port: Int
        var secret: String
    }

    private let channel: any Channel
    private let group: MultiThreadedEventLoopGroup
    /// `http://127.0.0.1:PORT/SECRET`.
    package let base: String

    private init(channel: any Channel, group: MultiThreadedEventLoopGroup, base: String) {
        self.channel = channel
        self.group = group
        self.base = base
    }

    /// - Parameter folder: the agent's, where the address is kept.
    package static func start(folder: String, inbox: MLflowInbox) async -> MLflowServer? {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let path = folder + "/mlflow.json"
        let old = DiskFile.read(path, limit: 4096).flatMap { try? JSONParser.parse($0) }
        let secret = old?["secret"]?.string ?? AgentIdentity.random() + AgentIdentity.random()
        var ports = [0]
        if case .int(let port)? = old?["port"], (1...65535).contains(port) { ports.insert(port, at: 0) }
        let desk = MLflowDesk(secret: secret, folder: folder, inbox: inbox)
        for port in ports {
            guard let channel = try? await bind(port, desk, group), let bound = channel.localAddress?.port else {
                continue
            }
            let file = ParameterValue.object([.init("port", .int(bound)), .init("secret", .string(secret))])
            try? DiskFile.write(path, file.jsonBytes())
            return MLflowServer(channel: channel, group: group, base: "http://127.0.0.1:\(bound)/\(secret)")
        }
        try? await group.shutdownGracefully()
        return nil
    }

    package func stop() async {
        try? await channel.close().get()
        try? await group.shutdownGracefully()
    }

    private static func bind(
        _ port: Int, _ desk: MLflowDesk, _ group: MultiThreadedEventLoopGroup
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(MLflowHandler(desk: desk))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
    }
}

/// All attempts' answers. Used on the server's one thread.
package final class MLflowDesk: Sendable {
    static let maximumAttempts = 1000

    private let secret: String
    private let folder: String
    private let inbox: MLflowInbox
    private let answers = Mutex<[AttemptID: MLflowAnswers]>([:])

    package init(secret: String, folder: String, inbox: MLflowInbox) {
        self.secret = secret
        self.folder = folder
        self.inbox = inbox
    }

    /// `/SECRET/SWEEP/TRIAL/ATTEMPT/rest`; nil for a path without the secret.
    package func route(_ path: String) -> (attempt: AttemptID, rest: String)? {
        let parts = path.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: true).map(String.init)
        guard parts.count >= 4, parts[0] == secret, let trial = Int(parts[2]), let attempt = Int(parts[3]) else {
            return nil
        }
        return (AttemptID(TrialID(SweepID(parts[1]), trial), attempt), "/" + (parts.count > 4 ? parts[4] : ""))
    }

    package static func path(_ attempt: AttemptID) -> String {
        "/\(attempt.sweep.text)/\(attempt.trial.number)/\(attempt.number)"
    }

    func answer(
        _ attempt: AttemptID, _ method: String, _ path: String, query: [String: String], body: [UInt8]
    ) -> (status: Int, body: [UInt8]) {
        let value = (try? JSONParser.parse(body)) ?? .object([])
        let answer = answers.withLock { answers in
            if answers[attempt] == nil, answers.count >= Self.maximumAttempts { answers.removeAll() }
            return answers[attempt, default: MLflowAnswers(attempt)].answer(method, path, query: query, body: value)
        }
        inbox.put(attempt, answer.readings, answer.details)
        return (answer.status, answer.body.jsonBytes())
    }

    /// Where an artifact that is put to `…/mlflow-artifacts/artifacts/PATH` lies: its path below the attempt's artifact folder.
    /// nil for a path that is none, or of an attempt that is not here.
    package func artifact(_ attempt: AttemptID, _ path: String) -> (folder: String, path: String)? {
        guard let place = path.firstRange(of: "/mlflow-artifacts/artifacts/") else { return nil }
        let parts = path[place.upperBound...].split(separator: "/")
        guard !parts.isEmpty, parts.count <= 32,
            parts.allSatisfy({ $0 != "." && $0 != ".." && $0.utf8.count <= 255 && !$0.utf8.contains(0) })
        else { return nil }
        let attemptFolder = AttemptFolder(agentFolder: folder, attempt: attempt)
        guard FileLookup.disk.isFolder(attemptFolder.path) else { return nil }
        return (attemptFolder.artifacts, "mlflow/" + parts.joined(separator: "/"))
    }
}
