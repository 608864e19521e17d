/// How an attempt's process ended, as the agent saw it.
package struct AttemptEnd: Hashable, Sendable, Codable {
    /// The exit code; nil when a signal ended it or it was never started.
    package var exitCode: Int?
    /// The number of the signal that ended it.
    package var signal: Int?
    /// Why it could not be started at all (program missing, no permission, no disk space), with the remedy.
    package var launchError: String?
    /// Why the agent ended it, when it did.
    package var stopReason: StopReason?
    package var started: Timestamp
    package var ended: Timestamp
    /// Largest resident set of the process tree, in bytes.
    package var peakMemory: Int?
    /// User and system CPU time of the process tree, in seconds.
    package var cpuSeconds: Double?
    /// The last line of output that says what went wrong: the last line of a traceback, else the last line.
    package var lastLine: String?
    /// The agent never began with it, because it takes no more trials: costs the trial nothing. nil otherwise.
    package var declined: Bool?
    /// `launchError` is this agent's rule (`--allow`), no fault of the program. nil otherwise.
    package var refused: Bool?
    /// Why the end says nothing of the program: the machine was restarted, the disk was full. An infrastructure loss. nil
    /// otherwise.
    package var lost: String?

    package init(
        exitCode: Int? = nil, signal: Int? = nil, launchError: String? = nil, stopReason: StopReason? = nil,
        started: Timestamp, ended: Timestamp, peakMemory: Int? = nil, cpuSeconds: Double? = nil,
        lastLine: String? = nil, declined: Bool? = nil, refused: Bool? = nil, lost: String? = nil
    ) {
        self.exitCode = exitCode
        self.signal = signal
        self.launchError = launchError
        self.stopReason = stopReason
        self.started = started
        self.ended = ended
        self.peakMemory = peakMemory
        self.cpuSeconds = cpuSeconds
        self.lastLine = lastLine
        self.declined = declined
        self.refused = refused
        self.lost = lost
    }
}
