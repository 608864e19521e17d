import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SweepModel
import SweepWire

/// Posts a small body to an http or https address. One connection a request; no redirect is followed, since the body may be
/// meant for that host alone.
struct WebhookClient: Sendable {
    struct Answer: Hashable, Sendable {
        var status: Int
        /// Seconds, of a `Retry-After` header: 0 to 600.
        var retryAfter: Double?
    }

    /// Why there is no answer, without the address, which is a secret.
    struct Failure: Error, Hashable { var reason: String }

    /// Seconds for everything.
    var timeout = 10.0
    /// A PEM file with the authorities that are trusted; nil: the system's.
    var authorities: String?

    func post(_ address: WebAddress, _ body: [UInt8], type: String) async throws(Failure) -> Answer {
        let result = await withTaskGroup(of: Result<Answer, Failure>.self) { group in
            group.addTask { await ask(address, body, type: type) }
            group.addTask {
                try? await Task.sleep(for: .seconds(timeout))
                return .failure(Failure(reason: "no answer within \(Int(timeout.rounded(.up))) s"))
            }
            let first = await group.next() ?? .failure(Failure(reason: "no answer"))
            group.cancelAll()
            return first
        }
        return try result.get()
    }

    private func ask(_ address: WebAddress, _ body: [UInt8], type: String) async -> Result<Answer, Failure> {
        do {
            let channel = try await connect(address)
            return .success(try await converse(channel, address, body, type: type))
        } catch let failure as Failure {
            return .failure(failure)
        } catch let error as NIOSSLError {
            return .failure(Failure(reason: "the TLS handshake failed: \(error)"))
        } catch is NIOConnectionError {
            return .failure(Failure(reason: "it cannot be reached"))
        } catch {
            return .failure(Failure(reason: "the connection broke"))
        }
    }

    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private func connect(_ address: WebAddress) async throws -> Connection {
        let tls = address.isSecure ? try context() : nil
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.nanoseconds(Int64(timeout * 1e9)))
            .connect(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        // A certificate for an IP address names it elsewhere than SNI could.
                        let isName = (try? SocketAddress(ipAddress: address.host, port: 0)) == nil
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: isName ? address.host : nil))
                    }
                    try pipeline.addHTTPClientHandlers()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    private func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorities { configuration.trustRoots = .file(authorities) }
        return try NIOSSLContext(configuration: configuration)
    }

    private func converse(
        _ channel: Connection, _ address: WebAddress, _ body: [UInt8], type: String
    ) async throws -> Answer {
        try await channel.executeThenClose { inbound, outbound in
            var headers = HTTPHeaders()
            headers.add(name: "Host", value: address.hostHeader)
            headers.add(name: "Content-Type", value: type)
            headers.add(name: "Content-Length", value: String(body.count))
            headers.add(name: "User-Agent", value: "sweep/\(SweepBuild.version)")
            headers.add(name: "Connection", value: "close")
            let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: address.target, headers: headers)
            try await outbound.write(.head(head))
            try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
            try await outbound.write(.end(nil))
            for try await part in inbound {
                // Its body says nothing that is needed here.
                guard case .head(let head) = part, head.status.code >= 200 else { continue }
                return Answer(
                    status: Int(head.status.code),
                    retryAfter: head.headers.first(name: "Retry-After").flatMap(Double.init).flatMap {
                        // "nan" is a number to Swift, and none that one can wait for.
                        $0.isNaN ? nil : min(max($0, 0), 600)
                    })
            }
            throw Failure(reason: "it closed the connection without an answer")
        }
    }
}
