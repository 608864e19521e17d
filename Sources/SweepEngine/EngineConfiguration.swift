/// The engine's times and limits. All times in seconds.
package struct EngineConfiguration: Hashable, Sendable {
    /// Silence after which an agent is shown as suspect. Nothing else happens.
    package var suspectAfter: Double
    /// Silence after which an attempt is lost and its trial waits again.
    package var lease: Double
    /// A gap between two ticks longer than this is the controller's own stall: leases are extended by it.
    package var stall: Double
    /// So many failures in a row, each within `breakerWindow` of its start, pause a slot.
    package var breakerFailures: Int
    package var breakerWindow: Double
    /// The first pause; each further one without a success between is twice as long, up to `breakerLongestPause`.
    package var breakerPause: Double
    package var breakerLongestPause: Double
    /// How long a free slot waits for a slow method before it gets a point of a cheaper one.
    package var suggestionPatience: Double

    package init(
        suspectAfter: Double = 15, lease: Double = 90, stall: Double = 5, breakerFailures: Int = 3,
        breakerWindow: Double = 60, breakerPause: Double = 30, breakerLongestPause: Double = 3600,
        suggestionPatience: Double = 0.3
    ) {
        self.suspectAfter = suspectAfter
        self.lease = lease
        self.stall = stall
        self.breakerFailures = breakerFailures
        self.breakerWindow = breakerWindow
        self.breakerPause = breakerPause
        self.breakerLongestPause = breakerLongestPause
        self.suggestionPatience = suggestionPatience
    }
}
