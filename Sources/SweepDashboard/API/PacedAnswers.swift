import Hummingbird

/// Answers that take long: each is made once for all pages that ask for the same, and not again before `pace` is over.
actor PacedAnswers {
    private struct Entry {
        var version: Int
        var time: ContinuousClock.Instant
        var bytes: Task<[UInt8], any Error>
    }

    private static let maximum = 64

    private let pace: Duration
    private var entries: [String: Entry] = [:]

    init(seconds: Double) { pace = .seconds(seconds) }

    /// The answer under `key` for this version, or a young one for an older version; else what `make` gives.
    func answer(
        _ key: String, version: Int, _ make: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> Response {
        Answers.ok(try await bytes(key, version: version, make))
    }

    private func bytes(
        _ key: String, version: Int, _ make: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        if let entry = entries[key], entry.version == version || ContinuousClock.now - entry.time < pace {
            return try await entry.bytes.value
        }
        if entries.count >= Self.maximum, let oldest = entries.min(by: { $0.value.time < $1.value.time }) {
            entries[oldest.key] = nil
        }
        let task = Task { try await make() }
        entries[key] = Entry(version: version, time: .now, bytes: task)
        do {
            return try await task.value
        } catch {
            entries[key] = nil
            throw error
        }
    }
}
