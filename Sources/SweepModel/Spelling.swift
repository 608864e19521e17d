/// "Did you mean": the nearest of the words that would have been right.
package enum Spelling {
    /// The candidate that is nearest to `word`; nil when none is close enough to be what was meant.
    ///
    /// Close: equal but for case, `-` and `_`, or at most a third of the letters apart (one for three letters, three at
    /// most), by optimal string alignment distance: insertions, deletions, replacements and swapped neighbours.
    package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        guard word.utf8.count <= 64 else { return nil }
        let folded = fold(word)
        guard !folded.isEmpty else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates where candidate != word {
            let other = fold(candidate)
            let limit = min(3, max(folded.count, other.count) / 3)
            guard abs(folded.count - other.count) <= limit else { continue }
            let distance = distance(folded, other)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    private static func fold(_ word: String) -> [Character] {
        word.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }.map { $0 }
    }

    /// Optimal string alignment distance, by three rows of the usual table.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var row = [i + 1]
            row.reserveCapacity(b.count + 1)
            for (j, y) in b.enumerated() {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (x == y ? 0 : 1))
                if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
