/// How a sweep is to be changed while it runs. What is nil or empty stays as it is.
package struct EditRequest: Hashable, Sendable, Codable {
    /// Longest reason, in bytes; most entries of one list.
    package static let longestReason = 4096
    package static let mostEntries = 200

    /// Chosen by who asks: the same request, sent twice, changes the sweep once.
    package var key: String
    /// Why, for the record.
    package var because: String?
    /// A whole new file in place of the present one.
    package var yaml: String?
    /// Most trials; `none`: no bound.
    package var runCap: String?
    /// Time since the sweep's creation, like `4h`; `none`: no bound.
    package var budget: String?
    /// Most trials at once; `none`: no bound.
    package var parallel: String?
    package var priority: Int?
    /// Early stopping: a rule's name, or `{type: hyperband, min_iter: 3}`, or `none`.
    package var stop: String?
    /// `lr=0.3`: a value more in the parameter's list.
    package var add: [String]
    /// `batch=64`: a value less.
    package var drop: [String]
    /// `lr=1e-4:1e-2`: the ends of a range; of a list, the values that stay.
    package var range: [String]
    /// `{lr: 0.01}`: points to try next.
    package var tries: [String]
    /// `batch = 64 and lr > 0.1`: regions in which nothing is proposed any more.
    package var exclude: [String]
    /// Regions, as they were written, that are allowed again.
    package var include: [String]
    /// Only say what it would change.
    package var isTrial: Bool

    package init(key: String) {
        self.key = key
        (add, drop, range, tries, exclude, include, isTrial) = ([], [], [], [], [], [], false)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(key: try container.decode(String.self, forKey: .key))
        because = try container.decodeIfPresent(String.self, forKey: .because)
        yaml = try container.decodeIfPresent(String.self, forKey: .yaml)
        runCap = try container.decodeIfPresent(String.self, forKey: .runCap)
        budget = try container.decodeIfPresent(String.self, forKey: .budget)
        parallel = try container.decodeIfPresent(String.self, forKey: .parallel)
        priority = try container.decodeIfPresent(Int.self, forKey: .priority)
        stop = try container.decodeIfPresent(String.self, forKey: .stop)
        add = try container.decodeIfPresent([String].self, forKey: .add) ?? []
        drop = try container.decodeIfPresent([String].self, forKey: .drop) ?? []
        range = try container.decodeIfPresent([String].self, forKey: .range) ?? []
        tries = try container.decodeIfPresent([String].self, forKey: .tries) ?? []
        exclude = try container.decodeIfPresent([String].self, forKey: .exclude) ?? []
        include = try container.decodeIfPresent([String].self, forKey: .include) ?? []
        isTrial = try container.decodeIfPresent(Bool.self, forKey: .isTrial) ?? false
    }

    /// It asks for nothing.
    package var isEmpty: Bool { yaml == nil && tries.isEmpty && !changesEntries }

    /// Some entry of the file is to be another.
    package var changesEntries: Bool {
        runCap != nil || budget != nil || parallel != nil || priority != nil || stop != nil
            || [add, drop, range, exclude, include].contains { !$0.isEmpty }
    }

    /// - Throws: when a part is larger than any person's request.
    package func checkSize() throws(SweepError) {
        guard (1...100).contains(key.utf8.count) else {
            throw SweepError(.usage, "an edit has a key of 1 to 100 bytes", remedy: "use a random one")
        }
        guard because?.utf8.count ?? 0 <= Self.longestReason else {
            throw SweepError(.usage, "a reason has at most \(Self.longestReason) bytes", remedy: "shorten it")
        }
        for list in [add, drop, range, tries, exclude, include] where list.count > Self.mostEntries {
            throw SweepError(.usage, "an edit has at most \(Self.mostEntries) of a kind", remedy: "give a file instead")
        }
    }
}

/// One change of a running sweep, as people see it.
package struct EditRow: Hashable, Sendable, Codable {
    /// From 1, in order.
    package var number: Int
    package var time: Timestamp
    /// In words, a line each.
    package var changes: [String]
    package var because: String?
    /// Trials that were asked for.
    package var trials: [Int]

    package init(number: Int, time: Timestamp, changes: [String], because: String? = nil, trials: [Int] = []) {
        self.number = number
        self.time = time
        self.changes = changes
        self.because = because
        self.trials = trials
    }
}

/// One change of a running sweep as it is stored, with the file before and after it.
package struct EditRecord: Hashable, Sendable {
    package var sweep: SweepID
    package var key: String
    package var row: EditRow
    package var before: String
    package var yaml: String

    package init(sweep: SweepID, key: String, row: EditRow, before: String, yaml: String) {
        self.sweep = sweep
        self.key = key
        self.row = row
        self.before = before
        self.yaml = yaml
    }
}
