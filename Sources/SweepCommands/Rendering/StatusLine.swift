package import SweepModel
package import SweepWire

/// How a sweep stands, in one line.
package enum StatusLine {
    /// `digits  running  142/500 done, 8 running, 31 pruned, 6 failed (exit 1 ×5)  elapsed 3h12  ETA 7h40`
    ///
    /// - Parameters:
    ///   - since: when the work began, for elapsed time and ETA; the sweep's creation unless given.
    ///   - slots: where its trials run. While all of them are paused there is no ETA but the reason.
    ///   - isBrief: reasons of failures are cut, for one line of a terminal.
    package static func sweep(
        _ row: SweepRow, now: Timestamp, since: Timestamp? = nil, slots: SlotPauses? = nil, isBrief: Bool = false
    ) -> StyledLine {
        var line = StyledLine([(row.name.map { "\($0) " } ?? "", .bold), (row.id.text, .bold), ("  ", nil)])
        line.append(row.state.rawValue, row.state.tint)
        line.append("  ")
        line.append(counts(row, isBrief: isBrief))
        let begin = since ?? row.created
        let elapsed = max(0, (row.ended ?? now).seconds(since: begin))
        line.append("  \(row.ended == nil ? "elapsed" : "took") \(TimeText.duration(elapsed))", .dim)
        // A terminal shows why all are paused in a line of its own.
        if row.state == .running, let slots, slots.paused > 0, !(isBrief && slots.isAll) {
            line.append("  \(slots.summary)", .yellow)
        }
        if row.state == .running, slots?.isAll != true, let left = remaining(row, elapsed: elapsed) {
            line.append("  ETA \(TimeText.duration(left))", .dim)
        }
        return line
    }

    /// `142/500 done, 8 running, 31 pruned, 6 failed (exit 1 ×5, timeout ×1)`.
    package static func counts(_ row: SweepRow, isBrief: Bool = false) -> String {
        let final = row.final
        var parts = [
            row.expected.map { "\(ValueText.count(final))/\(ValueText.count($0)) done" }
                ?? "\(ValueText.count(final)) done"
        ]
        if row.count(.running) > 0 { parts.append("\(row.count(.running)) running") }
        // Given to a slot: at its start, or behind a short trial that still runs.
        if row.count(.assigned) > 0 { parts.append("\(row.count(.assigned)) about to run") }
        if row.count(.waiting) > 0 { parts.append("\(row.count(.waiting)) waiting") }
        if row.count(.pruned) > 0 { parts.append("\(row.count(.pruned)) pruned") }
        if row.count(.cancelled) > 0 { parts.append("\(row.count(.cancelled)) cancelled") }
        if row.count(.failed) > 0 { parts.append("\(row.count(.failed)) failed\(reasons(row.failures, isBrief))") }
        return parts.joined(separator: ", ")
    }

    /// The most frequent reasons, as far as they say more than one trial's own line would.
    private static func reasons(_ failures: [String: Int], _ isBrief: Bool) -> String {
        guard !failures.isEmpty else { return "" }
        let sorted = failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = sorted.prefix(3).map { reason, count in
            let short = isBrief ? DisplayText.truncateEnd(reason, to: 48, ellipsis: "...") : reason
            return count == 1 ? short : "\(short) ×\(count)"
        }
        return " (\(shown.joined(separator: ", "))\(sorted.count > 3 ? ", and others" : ""))"
    }

    /// Every reason with the number of its trials, most frequent first, a line each.
    package static func reasonLines(_ row: SweepRow, most: Int = 10) -> [String] {
        let sorted = row.failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let lines = sorted.prefix(most).map { reason, count in
            "\(ValueText.plural(count, "trial")) failed: \(DisplayText.escape(reason))"
        }
        return lines + (sorted.count > most ? ["and \(sorted.count - most) other reasons"] : [])
    }

    /// Seconds until the last trial ends if they go on as they did; nil when that cannot be said.
    package static func remaining(_ row: SweepRow, elapsed: Double) -> Double? {
        let done = row.final
        guard let expected = row.expected, done > 0, expected > done, elapsed > 0 else { return nil }
        return elapsed / Double(done) * Double(expected - done)
    }

    /// `best val_loss 0.2284 (k3f9x2mp-148)`; nil without one.
    package static func best(_ row: SweepRow) -> StyledLine? {
        guard let best = row.best else { return nil }
        var line = StyledLine([("best \(row.metric ?? "objective") ", nil), (ValueText.number(best), .bold)])
        if let trial = row.bestTrial { line.append(" (\(trial))") }
        return line
    }
}
