/// "Did you mean": only when close.
package enum Spelling {
    /// The name that `word` most likely means; nil when none is within a third of its length in edits.
    package static func closest(to word: String, among names: [String]) -> String? {
        let word = word.lowercased()
        guard word.count <= 40 else { return nil }
        let limit = max(1, word.count / 3)
        let best = names.map { (name: $0, distance: distance(Array(word), Array($0.lowercased()))) }
            .min { $0.distance < $1.distance }
        if let best, best.distance <= limit { return best.name }
        // A beginning of exactly one name (`lead` for leaderboard).
        let begun = names.filter { $0.hasPrefix(word) }
        return word.count >= 2 && begun.count == 1 ? begun.first : nil
    }

    /// Edits (insert, delete, replace, swap of neighbours) between two words: optimal string alignment.
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1] + Array(repeating: 0, count: b.count)
            for j in b.indices {
                let cost = a[i] == b[j] ? 0 : 1
                row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + cost)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
                }
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
