import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import SweepModel
import SweepWire
import Synchronization

/// What went wrong on the way, in words.
enum ConnectionFailure {
    /// A `SweepError` for an error of the connection; other errors (of the caller, of the controller) as they are.
    static func describe(_ error: any Error, _ address: ControllerAddress) -> any Error {
        let place = "the controller at \(address.text)"
        switch error {
        case is SweepError, is CancellationError: return error
        case EndOfReplies.closed, ChannelError.ioOnClosedChannel, ChannelError.inputClosed, ChannelError.outputClosed,
            ChannelError.alreadyClosed, ChannelError.eof:
            return SweepError(
                .unavailable, "\(place) closed the connection before its answer was complete",
                remedy: "see 'sweep controller status' and its log")
        case EndOfReplies.silent:
            return SweepError(
                .unavailable, "\(place) does not answer",
                remedy: "see 'sweep controller status'; is something else listening there?")
        case let error as NIOSSLError:
            return SweepError(
                .unavailable, "\(place) and this sweep cannot agree on TLS: \(DisplayText.escape("\(error)"))",
                remedy: "check the address, and that both are of the same version")
        case let error as WireError: return garbage(place, "\(error)")
        case let error as LineFrameDecoder.LineTooLong: return garbage(place, "\(error)")
        case let error as DecodingError: return garbage(place, "\(error)")
        case let error as IOError:
            return unreachable(address, String(cString: strerror(error.errnoCode)), error.errnoCode)
        case let error as NIOConnectionError:
            let reasons = error.connectionErrors.map(\.error)
            if let first = reasons.lazy.compactMap({ $0 as? IOError }).first {
                return unreachable(address, String(cString: strerror(first.errnoCode)), first.errnoCode)
            }
            if reasons.contains(where: { isConnectTimeout($0) }) {
                return unreachable(address, "no answer in time", ETIMEDOUT)
            }
            let unknown = error.dnsAError != nil || error.dnsAAAAError != nil
            return unreachable(
                address, unknown ? "no such host" : "\(reasons.first.map { "\($0)" } ?? "no address")", 0)
        case let error as ChannelError where isConnectTimeout(error):
            return unreachable(address, "no answer in time", ETIMEDOUT)
        default: return unreachable(address, "\(error)", 0)
        }
    }

    private static func isConnectTimeout(_ error: any Error) -> Bool {
        if case ChannelError.connectTimeout = error { true } else { false }
    }

    private static func unreachable(_ address: ControllerAddress, _ reason: String, _ code: CInt) -> SweepError {
        let reason = DisplayText.escape(reason)
        if let pid = address.pid, code == ECONNREFUSED {
            return SweepError(
                .unavailable, "no controller answers at \(address.text) (pid \(pid) of controller.json): \(reason)",
                remedy: "start one: sweep controller start")
        }
        return SweepError(
            .unavailable, "no controller answers at \(address.text): \(reason)",
            remedy: address.pid == nil
                ? "check the address, and that the controller runs there" : "start one: sweep controller start")
    }

    private static func garbage(_ place: String, _ what: String) -> SweepError {
        SweepError(
            .unavailable, "\(place) sent something that this sweep does not understand: \(DisplayText.escape(what))",
            remedy: "check the address, and that both are of the same version")
    }
}

/// Request ids of one connection.
final class RequestCounter: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
