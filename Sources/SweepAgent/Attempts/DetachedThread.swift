import Glibc

/// A thread of its own that nobody waits for.
enum DetachedThread {
    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// 0, or the errno of what kept it from being started; `body` is not called then.
    static func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(Work(body))
        let error = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, retained.toOpaque())
        if error == 0 { pthread_detach(thread) } else { retained.release() }
        return error
    }
}
