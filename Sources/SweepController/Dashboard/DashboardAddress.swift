import Synchronization

/// Where the pages are, once that is known.
final class DashboardAddress: Sendable {
    private enum State {
        case unknown([CheckedContinuation<Int?, Never>])
        case known(Int?)
    }

    private let scheme: String
    private let host: String
    private let state: Mutex<State>

    init(_ configuration: ControllerConfiguration) {
        scheme = configuration.isOpenWithoutTLS ? "http" : "https"
        let name = Controller.localHost(configuration.host)
        host = name.contains(":") ? "[\(name)]" : name
        state = Mutex(configuration.hasDashboard ? .unknown([]) : .known(nil))
    }

    /// `http://127.0.0.1:7734`; nil: there are none.
    var address: String? {
        get async { await port().map { "\(scheme)://\(host):\($0)" } }
    }

    /// The first call counts. nil: there are none.
    func set(_ port: Int?) {
        let waiters = state.withLock { state -> [CheckedContinuation<Int?, Never>] in
            guard case .unknown(let waiters) = state else { return [] }
            state = .known(port)
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: port) }
    }

    private func port() async -> Int? {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Int?? in
                switch state {
                case .known(let port): return .some(port)
                case .unknown(let waiters):
                    state = .unknown(waiters + [continuation])
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
