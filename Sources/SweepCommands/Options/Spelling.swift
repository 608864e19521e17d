package import SweepModel

extension Spelling {
    /// The name that `word` most likely means: the nearest one, else the only one that begins with it (`lead` for
    /// `leaderboard`); nil when none is close.
    package static func closest(to word: String, among names: [String]) -> String? {
        if let near = nearest(to: word, among: names) { return near }
        let begun = names.filter { $0.hasPrefix(word.lowercased()) }
        return word.count >= 2 && begun.count == 1 ? begun.first : nil
    }
}
