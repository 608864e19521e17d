/// A sweep's id: 8 characters of `[a-z0-9]`, unique on one controller.
package struct SweepID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var description: String { text }

    package static func < (a: SweepID, b: SweepID) -> Bool { a.text < b.text }

    /// A new random id. Digits and consonants only, so that no word and no number comes out.
    package static func random(using generator: inout some RandomNumberGenerator) -> SweepID {
        let alphabet = Array("bcdfghjkmnpqrstvwxz23456789")
        let letters = Array("bcdfghjkmnpqrstvwxz")
        var text = String(letters[Int.random(in: 0..<letters.count, using: &generator)])
        for _ in 1..<8 { text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]) }
        return SweepID(text)
    }
}

/// One trial of a sweep. Written `<sweep>-<number>`; numbers begin at 1 and are never used again.
package struct TrialID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let sweep: SweepID
    package let number: Int

    package init(_ sweep: SweepID, _ number: Int) {
        self.sweep = sweep
        self.number = number
    }

    /// Parses `<sweep>-<number>`; nil for anything else.
    package init?(_ text: String) {
        guard let dash = text.lastIndex(of: "-"), dash > text.startIndex,
            let number = Int(text[text.index(after: dash)...]), number > 0
        else { return nil }
        self.init(SweepID(String(text[..<dash])), number)
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = TrialID(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "'\(text.prefix(80))' is not a trial id"))
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package var description: String { "\(sweep)-\(number)" }

    package static func < (a: TrialID, b: TrialID) -> Bool { (a.sweep, a.number) < (b.sweep, b.number) }
}

/// One execution of a trial. The number is the fence: it grows by one each time the trial is handed out, and a message
/// that carries an older number changes nothing.
package struct AttemptID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let trial: TrialID
    package let number: Int

    package init(_ trial: TrialID, _ number: Int) {
        self.trial = trial
        self.number = number
    }

    package var sweep: SweepID { trial.sweep }
    package var description: String { "\(trial) attempt \(number)" }

    package static func < (a: AttemptID, b: AttemptID) -> Bool { (a.trial, a.number) < (b.trial, b.number) }

    private enum CodingKeys: String, CodingKey {
        case trial
        case number = "attempt"
    }
}

/// An agent's identity: made once, kept in its own folder, the same after a restart.
package struct AgentID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var description: String { text }

    package static func < (a: AgentID, b: AgentID) -> Bool { a.text < b.text }
}

/// A slot of one agent, numbered from 0 in the order of the agent's command line.
package struct SlotID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let agent: AgentID
    package let index: Int

    package init(_ agent: AgentID, _ index: Int) {
        self.agent = agent
        self.index = index
    }

    package var description: String { "\(agent):\(index)" }

    package static func < (a: SlotID, b: SlotID) -> Bool { (a.agent, a.index) < (b.agent, b.index) }
}
