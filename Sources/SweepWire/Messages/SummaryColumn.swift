/// A metric over all of a trial's points instead of its last one, as a column: `val_loss:min`.
package struct SummaryColumn: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case min, max, mean, first, last
        /// The least or the greatest, as the objective wants it.
        case best
    }

    package var metric: String
    package var kind: Kind

    /// What it is called.
    package var name: String

    package init(_ metric: String, _ kind: Kind, as name: String? = nil) {
        self.metric = metric
        self.kind = kind
        self.name = name ?? "\(metric):\(kind.rawValue)"
    }

    /// nil: it is no such column.
    package init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
            let kind = Kind(rawValue: String(text[text.index(after: colon)...]))
        else { return nil }
        self.init(String(text[..<colon]), kind)
    }
}
