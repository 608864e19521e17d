import Crypto
import FoundationEssentials
import NIOCore
import NIOPosix
import SweepModel
import SweepTrust
import SweepWire
import Synchronization

/// A controller of a few lines, in this process: takes connections on a free port, keeps what agents say, and says what a
/// test tells it to. It acknowledges by itself, unless it is told to hold back.
final class FakeController: Sendable {
    struct State {
        var hellos: [Hello] = []
        var messages: [AgentMessage] = []
        /// Logs by attempt.
        var logs: [AttemptID: String] = [:]
        /// Other files of records, by name.
        var files: [AttemptID: [String: String]] = [:]
        var takesFiles = false
        var channel: (any Channel)?
        /// What is shipped is acknowledged.
        var takesLogs = true
        var acknowledges = true
        /// `hello` is refused with this.
        var refusal: String?
        /// Artifacts that trials can be given, by reference, with their manifests; and contents by digest.
        var artifacts: [String: String] = [:]
        var contents: [String: [UInt8]] = [:]
        /// Pieces that are given before the connection is cut.
        var piecesUntilCut = Int.max
        /// Nothing is given.
        var isDeaf = false
        /// What the next `hello` is answered with, beyond keeping all that is held.
        var kill: [AttemptID] = []
        var acknowledged: [AttemptID: Int] = [:]
    }

    let state = Mutex(State())
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let listener = Mutex<(any Channel)?>(nil)

    var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }
    var messages: [AgentMessage] { state.withLock { $0.messages } }
    var hellos: [Hello] { state.withLock { $0.hellos } }

    func start(port: Int = 0) async throws {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(LineFrameDecoder()), Listener(controller: self),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        listener.withLock { $0 = channel }
    }

    /// Ends the connection; the agent comes back by itself.
    func disconnect() { state.withLock { $0.channel }?.close(promise: nil) }

    func stopListening() async {
        let channel = listener.withLock { $0 }
        try? await channel?.close().get()
        disconnect()
    }

    func send(_ message: ControllerMessage) { send(.agent(message)) }

    func shutdown() async {
        await stopListening()
        try? await group.shutdownGracefully()
    }

    private func send(_ line: ControllerLine) {
        guard let channel = state.withLock({ $0.channel }), let bytes = try? line.line() else { return }
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
    }

    fileprivate func received(_ line: PeerLine, on channel: any Channel) {
        switch line {
        case .hello(let hello):
            if let refusal = state.withLock({ $0.refusal }) {
                state.withLock { $0.channel = channel }
                return send(.refused(reason: refusal))
            }
            let welcome = state.withLock { state in
                state.channel = channel
                state.hellos.append(hello)
                let held = hello.agent?.held.map(\.attempt) ?? []
                return Welcome(
                    build: "fake", heartbeat: 0.2, lease: 90,
                    keep: held.filter { !state.kill.contains($0) }.map {
                        KeptAttempt(attempt: $0, acknowledged: state.acknowledged[$0] ?? 0, logged: 0)
                    }, kill: state.kill, takesFiles: state.takesFiles, takesArtifacts: !state.artifacts.isEmpty)
            }
            send(.welcome(welcome))
        case .agent(let message): take(message)
        case .client: break
        }
    }

    private func take(_ message: AgentMessage) {
        let acknowledges = state.withLock { state in
            state.messages.append(message)
            if case .log(let chunk) = message {
                if let file = chunk.file {
                    state.files[chunk.attempt, default: [:]][file, default: ""] += chunk.text ?? "<binary>"
                } else {
                    state.logs[chunk.attempt, default: ""] += chunk.text ?? "<binary>"
                }
            }
            return state.acknowledges
        }
        guard acknowledges else { return }
        switch message {
        case .artifact, .blob: break
        case .inputs(let request): give(request)
        case .read(let cursor): give(cursor)
        case .started(let body): acknowledge(body.attempt, body.sequence)
        case .report(let body): acknowledge(body.attempt, body.sequence)
        case .ended(let body): acknowledge(body.attempt, body.sequence)
        case .log(let chunk):
            guard state.withLock({ $0.takesLogs }) else { break }
            let length = chunk.text?.utf8.count ?? 0
            send(.logged(chunk.attempt, offset: chunk.offset + length, file: chunk.file))
        case .heartbeat: send(.heartbeat)
        case .ready, .leave, .slot: break
        }
    }

    /// A content that agents can read.
    func add(_ bytes: [UInt8]) -> String {
        let digest = Hexadecimal.text(SHA256.hash(data: bytes))
        state.withLock { $0.contents[digest] = bytes }
        return digest
    }

    /// An artifact that trials can be given.
    func add(_ reference: String, _ files: [(String, [UInt8])]) throws {
        let manifest = ArtifactManifest(
            files: files.map { ArtifactFile(path: $0.0, size: $0.1.count, digest: add($0.1)) })
        let digest = add(try JSONCoding.encode(manifest))
        state.withLock { $0.artifacts[reference] = digest }
    }

    private func give(_ request: InputRequest) {
        let (artifacts, contents) = state.withLock { ($0.isDeaf ? [:] : $0.artifacts, $0.contents) }
        if artifacts.isEmpty { return }
        var answer = InputAnswer(attempt: request.attempt)
        for reference in request.references {
            guard let manifest = artifacts[reference] else {
                answer.problem = SweepError(.notFound, "there is no artifact '\(reference)'")
                continue
            }
            answer.inputs.append(
                InputVersion(
                    reference: reference, version: reference, manifest: manifest, size: contents[manifest]?.count ?? 0))
        }
        send(.inputs(answer))
    }

    private func give(_ cursor: BlobCursor) {
        let (bytes, isCut) = state.withLock { state in
            state.piecesUntilCut -= 1
            return (state.contents[cursor.digest], state.piecesUntilCut < 0)
        }
        if isCut {
            state.withLock { $0.piecesUntilCut = .max }
            return disconnect()
        }
        let piece = bytes.map { Data($0.dropFirst(cursor.offset).prefix(BlobChunk.maximumSize)).base64EncodedString() }
        send(
            .content(
                BlobContent(
                    digest: cursor.digest, offset: cursor.offset, base64: piece, problem: piece == nil ? "gone" : nil)))
    }

    func acknowledge(_ attempt: AttemptID, _ sequence: Int) {
        state.withLock { $0.acknowledged[attempt] = sequence }
        send(.acknowledge(attempt, sequence: sequence))
    }

    private final class Listener: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let controller: FakeController

        init(controller: FakeController) { self.controller = controller }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            if let line = try? PeerLine.decode(Array(buffer.readableBytesView)) {
                controller.received(line, on: context.channel)
            }
        }
    }
}

extension FakeController {
    func readySlots() -> [Int] {
        messages.compactMap { if case .ready(let slot) = $0 { slot } else { nil } }
    }

    func ends(_ attempt: AttemptID) -> [Ended] {
        messages.compactMap { if case .ended(let ended) = $0, ended.attempt == attempt { ended } else { nil } }
    }

    func starts(_ attempt: AttemptID) -> [Started] {
        messages.compactMap { if case .started(let body) = $0, body.attempt == attempt { body } else { nil } }
    }

    /// Reports by their number, so that one that was sent twice is there once.
    func reports(_ attempt: AttemptID) -> [Report] {
        var byNumber: [Int: [Report]] = [:]
        for case .report(let body) in messages where body.attempt == attempt { byNumber[body.sequence] = body.reports }
        return byNumber.sorted { $0.key < $1.key }.flatMap(\.value)
    }
}
