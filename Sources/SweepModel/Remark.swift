/// What people say of a sweep or a trial.
package struct Remark: Hashable, Sendable, Codable {
    /// Empty: there is none.
    package var note: String
    /// In alphabetical order, each once.
    package var tags: [String]
    package var star: Bool

    package init(note: String = "", tags: [String] = [], star: Bool = false) {
        self.note = note
        self.tags = tags
        self.star = star
    }

    package var isEmpty: Bool { note.isEmpty && tags.isEmpty && !star }

    /// - Throws: when a text of the change is too long, or the tags become too many.
    package func changed(by change: RemarkChange) throws(SweepError) -> Remark {
        var result = self
        if let note = change.note {
            guard note.utf8.count <= RemarkChange.longestNote else {
                throw SweepError(.usage, "a note has at most 64 KiB", remedy: "shorten it")
            }
            result.note = note
        }
        var kept = Set(tags).subtracting(change.removedTags)
        for tag in change.addedTags {
            guard !tag.isEmpty, tag.utf8.count <= RemarkChange.longestTag, !tag.contains(where: \.isNewline) else {
                throw SweepError(.usage, "a tag is one line of 1 to 100 bytes", remedy: "shorten it, or write a note")
            }
            kept.insert(tag)
        }
        guard kept.count <= RemarkChange.mostTags else {
            throw SweepError(.usage, "at most \(RemarkChange.mostTags) tags", remedy: "remove some first")
        }
        result.tags = kept.sorted()
        if let star = change.star { result.star = star }
        return result
    }
}

/// What is to become of a remark; what is nil or empty stays as it is.
package struct RemarkChange: Hashable, Sendable, Codable {
    package static let longestNote = 64 << 10
    package static let longestTag = 100
    package static let mostTags = 50

    /// Replaces the note; empty: removes it.
    package var note: String?
    package var addedTags: [String]
    package var removedTags: [String]
    package var star: Bool?

    package init(note: String? = nil, addedTags: [String] = [], removedTags: [String] = [], star: Bool? = nil) {
        self.note = note
        self.addedTags = addedTags
        self.removedTags = removedTags
        self.star = star
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        note = try container.decodeIfPresent(String.self, forKey: .note)
        addedTags = try container.decodeIfPresent([String].self, forKey: .addedTags) ?? []
        removedTags = try container.decodeIfPresent([String].self, forKey: .removedTags) ?? []
        star = try container.decodeIfPresent(Bool.self, forKey: .star)
    }

    private enum CodingKeys: String, CodingKey { case note, addedTags, removedTags, star }
}
