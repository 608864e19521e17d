import Glibc
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
    private var file: Int32 = -1
    private var filePath: String?
    private var hasFailed = false

    init(desk: MLflowDesk) { self.desk = desk }

    deinit { if file >= 0 { close(file) } }

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
        (body, isTooLong, filePath, hasFailed) = ([], false, nil, false)
        if file >= 0 { close(file) }
        file = -1
        let path = Self.decoded(head.uri.prefix { $0 != "?" })
        guard head.method == .PUT, let (attempt, rest) = desk.route(path), let artifact = desk.artifact(attempt, rest)
        else { return }
        // Aside first: a half file is no artifact.
        filePath = artifact
        if let slash = artifact.lastIndex(of: "/") { try? DiskFile.makeFolder(String(artifact[..<slash])) }
        file = open(artifact + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        hasFailed = file < 0
    }

    private func take(_ bytes: [UInt8]) {
        if filePath != nil {
            if file >= 0, !hasFailed { hasFailed = !DiskFile.append(file, bytes) }
        } else if body.count + bytes.count <= Self.maximumBody {
            body += bytes
        } else {
            isTooLong = true
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        guard let head else { return }
        self.head = nil
        if let filePath {
            if file >= 0 { close(file) }
            file = -1
            if !hasFailed { hasFailed = rename(filePath + ".part", filePath) != 0 }
            return respond(context, head, hasFailed ? 507 : 200, Array("{}".utf8))
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
            let full = desk.artifact(attempt, "/mlflow-artifacts/artifacts/\(folder)") ?? ""
            let files = DiskFile.names(in: full).sorted().map { name -> ParameterValue in
                let isFolder = FileLookup.disk.isFolder("\(full)/\(name)")
                return .object([.init("path", .string(name)), .init("is_dir", .bool(isFolder))])
            }
            return respond(context, head, 200, ParameterValue.object([.init("files", .list(files))]).jsonBytes())
        }
        guard let full = desk.artifact(attempt, path), let bytes = DiskFile.read(full, limit: 1 << 30) else {
            return respond(
                context, head, 404, Array(#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no file"}"#.utf8))
        }
        respond(context, head, 200, bytes, type: "application/octet-stream")
    }

    private func respond(
        _ context: ChannelHandlerContext, _ request: HTTPRequestHead, _ status: Int, _ body: [UInt8],
        type: String = "application/json"
    ) {
        var headers = HTTPHeaders([("Content-Type", type), ("Content-Length", String(body.count))])
        if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: request.version, status: .init(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if !request.isKeepAlive { context.close(promise: nil) }
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
