import NIOCore
import NIOHTTP1
import SweepModel

/// One connection of an MLflow client: a request after the other. Bodies of calls are held (bounded), those of artifacts go
/// to disk as they come.
final class MLflowHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// MLflow's clients send at most 1 MB in a call.
    static let maximumBody = 32 << 20

    private let desk: MLflowDesk
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLong = false
    /// An artifact is being put, as far as it can be.
    private var isArtifact = false
    private var file: ArrivingFile?

    init(desk: MLflowDesk) { self.desk = desk }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head)
        case .body(let bytes): take(Array(bytes.readableBytesView))
        case .end: end(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func begin(_ head: HTTPRequestHead) {
        self.head = head
        (body, isTooLong, isArtifact, file) = ([], false, false, nil)
        let path = Self.decoded(head.uri.prefix { $0 != "?" })
        guard head.method == .PUT, let (attempt, rest) = desk.route(path), let artifact = desk.artifact(attempt, rest)
        else { return }
        isArtifact = true
        file = ArrivingFile(artifact.path, in: artifact.folder)
    }

    private func take(_ bytes: [UInt8]) {
        if isArtifact {
            if file?.append(bytes) == false { file = nil }
        } else if body.count + bytes.count <= Self.maximumBody {
            body += bytes
        } else {
            isTooLong = true
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        guard let head else { return }
        self.head = nil
        if isArtifact {
            let isPlaced = file?.place() == true
            file = nil
            return respond(context, head, isPlaced ? 200 : 507, Array("{}".utf8))
        }
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = Self.decoded(parts.first ?? "")
        guard let (attempt, rest) = desk.route(path) else {
            return respond(
                context, head, 404, Array(#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no trial"}"#.utf8))
        }
        if isTooLong {
            return respond(context, head, 413, Array(#"{"error_code":"BAD_REQUEST","message":"over 32 MiB"}"#.utf8))
        }
        let query = Self.query(parts.count > 1 ? parts[1] : "")
        if rest.contains("/mlflow-artifacts/artifacts"), head.method == .GET {
            return artifact(context, head, attempt, rest, query)
        }
        let answer = desk.answer(attempt, head.method.rawValue, rest, query: query, body: body)
        respond(context, head, answer.status, answer.body)
    }

    /// A file that was put there, or the names in a folder.
    private func artifact(
        _ context: ChannelHandlerContext, _ head: HTTPRequestHead, _ attempt: AttemptID, _ path: String,
        _ query: [String: String]
    ) {
        if let folder = query["path"] {
            let place = desk.artifact(attempt, "/mlflow-artifacts/artifacts/\(folder)")
            let files = (place.map { OfferedFolder.entries(of: $0.path, in: $0.folder) } ?? []).map { entry in
                ParameterValue.object([.init("path", .string(entry.name)), .init("is_dir", .bool(entry.isFolder))])
            }
            return respond(context, head, 200, ParameterValue.object([.init("files", .list(files))]).jsonBytes())
        }
        guard let place = desk.artifact(attempt, path),
            let file = try? OfferedFile.open(place.path, in: place.folder)
        else {
            return respond(
                context, head, 404, Array(#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no file"}"#.utf8))
        }
        begin(context, head, 200, length: file.size, type: "application/octet-stream")
        send(file, from: 0, context, head)
    }

    /// A piece after the other, as the network takes them: it may be many gigabytes.
    private func send(_ file: OfferedFile, from offset: Int, _ context: ChannelHandlerContext, _ head: HTTPRequestHead)
    {
        guard offset < file.size else { return finish(context, head) }
        guard let bytes = DiskFile.read(file.descriptor, offset: offset, limit: min(1 << 18, file.size - offset)),
            !bytes.isEmpty
        else { return context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes))))).assumeIsolated()
            .whenSuccess { [self] in send(file, from: offset + bytes.count, context, head) }
    }

    private func respond(
        _ context: ChannelHandlerContext, _ request: HTTPRequestHead, _ status: Int, _ body: [UInt8]
    ) {
        begin(context, request, status, length: body.count, type: "application/json")
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        finish(context, request)
    }

    private func begin(
        _ context: ChannelHandlerContext, _ request: HTTPRequestHead, _ status: Int, length: Int, type: String
    ) {
        var headers = HTTPHeaders([("Content-Type", type), ("Content-Length", String(length))])
        if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: request.version, status: .init(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func finish(_ context: ChannelHandlerContext, _ request: HTTPRequestHead) {
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            if !request.isKeepAlive { context.close(promise: nil) }
        }
    }

    /// `a=1&b=x%20y`.
    private static func query(_ text: Substring) -> [String: String] {
        var values: [String: String] = [:]
        for part in text.split(separator: "&").prefix(100) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count > 1 ? String(pair[1].map { $0 == "+" ? " " : $0 }) : ""
            values[decoded(pair.first ?? "")] = decoded(value[...])
        }
        return values
    }

    /// Percent signs resolved.
    private static func decoded(_ text: Substring) -> String {
        guard text.contains("%") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
