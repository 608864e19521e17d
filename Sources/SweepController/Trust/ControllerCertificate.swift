import Crypto
import Foundation
import Glibc
import NIOCore
import NIOSSL
import SweepModel
import SweepTrust
import SweepWire
import SwiftASN1
import Synchronization
import X509

/// The controller's own certificate and its key (P-256), made at the first start and kept in the home's `tls/`, the key
/// with mode 0600. Its fingerprint is what other machines know this controller by; see SweepTrust.
final class ControllerCertificate: Sendable {
    private struct State {
        var context: NIOSSLContext
        var fingerprint: Fingerprint
    }

    /// Nobody looks at the dates of a pinned certificate; some tools refuse one without an end.
    private static let lifetime = TimeInterval(20 * 365 * 86_400)

    private let home: SweepHome
    private let state: Mutex<State>

    /// Reads the home's certificate; makes one where there is none.
    init(_ home: SweepHome) throws(SweepError) {
        self.home = home
        if access(home.certificateFile, F_OK) != 0 { try Self.make(home) }
        state = Mutex(try Self.load(home))
    }

    var fingerprint: Fingerprint { state.withLock { $0.fingerprint } }

    /// The first handler of a connection that begins with TLS.
    func makeHandler() -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: state.withLock { $0.context })
    }

    /// For the pages' server: the same certificate, in the form that its library takes.
    ///
    /// - Throws: when the files cannot be read any more.
    func configuration() throws(SweepError) -> TLSConfiguration { try Self.configuration(home).tls }

    /// A new key and certificate, for all connections from now on. Machines that joined with the old one do not come back.
    func renew() throws(SweepError) -> Fingerprint {
        try Self.make(home)
        let fresh = try Self.load(home)
        state.withLock { $0 = fresh }
        return fresh.fingerprint
    }

    private static func make(_ home: SweepHome) throws(SweepError) {
        try HomeFolder.make(folder(home))
        let key = P256.Signing.PrivateKey()
        let certificate: String
        do {
            let name = try DistinguishedName { CommonName("sweep controller") }
            let now = Date()
            certificate = try X509.Certificate(
                version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
                // Machines' clocks differ.
                notValidBefore: now.addingTimeInterval(-86_400), notValidAfter: now.addingTimeInterval(lifetime),
                issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try .init {
                    Critical(BasicConstraints.notCertificateAuthority)
                    SubjectAlternativeNames([.dnsName("sweep-controller")])
                },
                issuerPrivateKey: .init(key)
            ).serializeAsPEM().pemString
        } catch {
            throw SweepError(.failed, "no certificate can be made: \(error)")
        }
        // The key first: a certificate that is there has its key.
        try PrivateFile.write(Array((key.pemRepresentation + "\n").utf8), to: home.certificateKeyFile)
        try PrivateFile.write(Array((certificate + "\n").utf8), to: home.certificateFile)
    }

    private static func load(_ home: SweepHome) throws(SweepError) -> State {
        let (tls, fingerprint) = try configuration(home)
        do {
            return State(context: try NIOSSLContext(configuration: tls), fingerprint: fingerprint)
        } catch {
            throw unusable(home)
        }
    }

    private static func configuration(
        _ home: SweepHome
    ) throws(SweepError) -> (tls: TLSConfiguration, fingerprint: Fingerprint) {
        try checkMode(home.certificateKeyFile)
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(home.certificateFile)
            guard let first = certificates.first else { throw NIOSSLError.failedToLoadCertificate }
            let key = try NIOSSLPrivateKey(file: home.certificateKeyFile, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: [.certificate(first)], privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv13
            configuration.trustRoots = .certificates([])
            configuration.shutdownTimeout = .seconds(1)
            return (configuration, Fingerprint(certificate: try first.toDERBytes()))
        } catch {
            throw unusable(home)
        }
    }

    private static func unusable(_ home: SweepHome) -> SweepError {
        SweepError(
            .failed, "the certificate in \(folder(home)) cannot be used",
            remedy: "restore it from a backup; or remove that folder: a new one is made, and other machines join again")
    }

    /// A key that others can read is nobody's identity any more.
    private static func checkMode(_ path: String) throws(SweepError) {
        guard let mode = FileFacts(path)?.mode, mode & 0o077 != 0 else { return }
        throw SweepError(
            .denied, "\(path) can be read by others (mode \(String(mode & 0o777, radix: 8)))",
            remedy: "run 'chmod 600 \(path)'; if others may have read it, remove its folder instead and join again")
    }

    private static func folder(_ home: SweepHome) -> String { home.path + "/tls" }
}
