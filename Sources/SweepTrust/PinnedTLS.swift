package import NIOCore
import NIOSSL
package import SweepModel
import Synchronization

/// TLS to the one controller whose certificate has a known fingerprint.
///
/// Names, dates and issuers are not looked at: the fingerprint came over a way that the person trusts, and the handshake
/// proves that the other side has the certificate's key. Nothing is sent before that, the token least of all.
package final class PinnedTLS: Sendable {
    private let pin: Fingerprint
    private let context: NIOSSLContext
    /// Another certificate than the one that was wanted.
    private let stranger = Mutex<Fingerprint?>(nil)

    package init(_ pin: Fingerprint) throws(SweepError) {
        self.pin = pin
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        // The system's authorities count for nothing here; reading them would take longer than all the rest.
        configuration.trustRoots = .certificates([])
        // Not `.none`: then nobody would ask the callback below.
        configuration.certificateVerification = .noHostnameVerification
        configuration.shutdownTimeout = .seconds(1)
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw SweepError(.failed, "TLS cannot be set up: \(error)")
        }
    }

    /// The first handler of a connection.
    package func addHandler(to channel: any Channel) throws {
        let handler = try NIOSSLClientHandler(context: context, serverHostname: nil) { [self] certificates, promise in
            let shown = certificates.first.flatMap { try? $0.toDERBytes() }.map { Fingerprint(certificate: $0) }
            if shown != pin { stranger.withLock { $0 = shown } }
            promise.succeed(shown == pin ? .certificateVerified : .failed)
        }
        try channel.pipeline.syncOperations.addHandler(handler, position: .first)
    }

    /// Why the handshake failed, if it was for the certificate.
    package func refusal(_ address: String) -> SweepError? {
        guard let shown = stranger.withLock({ $0 }) else { return nil }
        return SweepError(
            .denied,
            "\(address) is not the controller that was joined: its certificate has the fingerprint \(shown), not \(pin)",
            remedy:
                "if its certificate was renewed, join again with a new line of 'sweep join'; if not, somebody is in "
                + "between")
    }
}
