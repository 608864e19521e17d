import DequeModule
package import SweepModel
package import SweepSearch

/// One suggestion to be computed beside the loop.
package struct SuggestionRequest: Sendable {
    package var sweep: SweepID
    /// Comes back with the answer; an answer to any but the newest request of its sweep is nothing.
    package var number: Int
    package var method: any SearchMethod
    /// With the running trials, and the suggestions that are ready, as pending.
    package var history: SearchHistory
}

extension SuggestionRequest: Equatable {
    package static func == (a: SuggestionRequest, b: SuggestionRequest) -> Bool {
        a.sweep == b.sweep && a.number == b.number
    }
}

/// The next suggestions of a slow method: those that are ready, and the one that is being computed.
///
/// Nothing of it is durable. What a restart forgets here was never handed out, and is computed again.
struct SuggestionsAhead: Sendable {
    struct Ready: Sendable {
        let point: Point
        let note: SuggestionNote
        let revision: Int
    }

    struct Asked: Sendable {
        let number: Int
        let revision: Int
        /// How many observations it knows, and how many ready suggestions besides.
        let observations: Int
        let included: Int
        let at: Instant
    }

    private(set) var ready: Deque<Ready> = []
    private(set) var asked: Asked?
    /// Grows when the history comes to hold what the ready suggestions were not made with: they are then stale.
    private(set) var revision = 0
    /// Every point of a finite space is suggested, counting those that are ready.
    private(set) var isDry = false
    /// Seconds that the newest computations took, smoothed.
    private var seconds = 0.0

    /// Most suggestions that are kept ready.
    static let most = 8

    /// How many to keep ready: those that are used up while one is computed, and one more.
    ///
    /// - Parameter rate: trials that begin a second.
    func wanted(rate: Double) -> Int { max(1, min(Self.most, 1 + Int(min(100, rate * seconds).rounded(.up)))) }

    var fresh: Int { ready.count { $0.revision == revision } }

    /// A result came, or a point was handed out that the ready ones do not know of.
    mutating func noteNews() { revision += 1 }

    mutating func ask(_ request: Asked) { asked = request }

    /// Takes the answer to what was asked last. A suggestion replaces those that were made with less.
    ///
    /// - Parameter isNew: whether the point is none that was handed out meanwhile.
    /// - Returns: whether the space is exhausted for good.
    mutating func take(_ suggestion: Suggestion, after seconds: Double, isNew: (Point) -> Bool) -> Bool {
        guard let asked else { return false }
        self.asked = nil
        self.seconds = self.seconds == 0 ? seconds : 0.7 * self.seconds + 0.3 * seconds
        switch suggestion {
        case .exhausted:
            ready.removeAll { $0.revision < asked.revision }
            isDry = !ready.isEmpty
            return asked.included == 0
        case .point(let point, let note):
            ready.removeAll { $0.revision < asked.revision }
            if isNew(point), !ready.contains(where: { $0.point.isSame(as: point) }) {
                ready.append(Ready(point: point, note: note, revision: asked.revision))
            }
            return false
        }
    }

    /// The next suggestion, to be handed out now.
    mutating func popFirst() -> Ready? {
        guard let first = ready.popFirst() else { return nil }
        isDry = false
        if first.revision != revision { noteNews() }
        return first
    }
}
