package import SweepModel

/// What an agent says after `hello`.
///
/// `started`, `report` and `ended` of an attempt are numbered 1, 2, … (`sequence`) and resent until acknowledged; the
/// controller drops a number that it has. Log chunks are placed by their byte offset instead.
package enum AgentMessage: Hashable, Sendable {
    /// A slot is free. Idempotent: asked again, the controller repeats the assignment until the attempt has started.
    case ready(slot: Int)
    case started(Started)
    case report(Reports)
    case log(LogChunk)
    case ended(Ended)
    /// What an ended attempt has left; only to a controller that takes it (`Welcome.takesArtifacts`).
    case artifact(ArtifactOffer)
    /// A piece of what the controller wants of it.
    case blob(BlobChunk)
    /// Which versions a trial is to be given; only to a controller that keeps artifacts.
    case inputs(InputRequest)
    /// A piece of a content is wanted, from there on.
    case read(BlobCursor)
    /// Renews the leases of these attempts.
    /// `heat`: how hot the GPUs of its slots are, where it knows.
    case heartbeat([AttemptID], heat: [SlotHeat] = [])
    /// Why a slot takes no trial for now (its GPU's memory is not back, the agent's disk is full), as the agent sees it; nil:
    /// nothing keeps it any more.
    case slot(Int, problem: String?)
    /// It goes for good: its slots are withdrawn. Attempts that it still holds are handed back as preempted.
    case leave(reason: String)
}

package struct Started: Hashable, Sendable, Codable {
    package var attempt: AttemptID
    package var sequence: Int
    package var argv: [String]
    package var directory: String
    package var pid: Int
    package var time: Timestamp

    package init(attempt: AttemptID, sequence: Int, argv: [String], directory: String, pid: Int, time: Timestamp) {
        self.attempt = attempt
        self.sequence = sequence
        self.argv = argv
        self.directory = directory
        self.pid = pid
        self.time = time
    }
}

package struct Reports: Hashable, Sendable, Codable {
    package var attempt: AttemptID
    package var sequence: Int
    package var reports: [Report]

    package init(attempt: AttemptID, sequence: Int, reports: [Report]) {
        self.attempt = attempt
        self.sequence = sequence
        self.reports = reports
    }
}

/// Bytes of an attempt's `output.log`, or of another file of its record. Text where the bytes are UTF-8, base64 otherwise.
package struct LogChunk: Hashable, Sendable, Codable {
    package var attempt: AttemptID
    /// Where the chunk begins in the agent's file.
    package var offset: Int
    package var text: String?
    package var base64: String?
    /// This many bytes were left out before the chunk, because the trial printed faster than it is shipped.
    package var skipped: Int?
    /// The name of the file (`RecordFileName`); nil: `output.log`.
    package var file: String?
    /// The file has nothing besides, and will not grow.
    package var isWhole: Bool?

    package init(
        attempt: AttemptID, offset: Int, text: String?, base64: String? = nil, skipped: Int? = nil, file: String? = nil,
        isWhole: Bool? = nil
    ) {
        self.isWhole = isWhole
        self.file = file
        self.attempt = attempt
        self.offset = offset
        self.text = text
        self.base64 = base64
        self.skipped = skipped
    }
}

package struct Ended: Hashable, Sendable, Codable {
    package var attempt: AttemptID
    package var sequence: Int
    package var end: AttemptEnd

    package init(attempt: AttemptID, sequence: Int, end: AttemptEnd) {
        self.attempt = attempt
        self.sequence = sequence
        self.end = end
    }
}
