import Glibc

/// A terminal's properties, as far as rendering depends on them.
package struct Terminal: Hashable, Sendable {
    package var columns: Int
    package var rows: Int
    /// Whether it shows more than ASCII.
    package var unicode: Bool
    /// `TERM=dumb`: no cursor movement, no colour.
    package var isDumb: Bool

    package init(columns: Int = 80, rows: Int = 24, unicode: Bool = true, isDumb: Bool = false) {
        self.columns = columns
        self.rows = rows
        self.unicode = unicode
        self.isDumb = isDumb
    }

    /// nil when `descriptor` is no terminal. The width is `COLUMNS`, else the terminal's own, else 80.
    package init?(descriptor: Int32, environment: [String: String]) {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
        let given = environment["COLUMNS"].flatMap { Int($0) }
        columns = min(max(given ?? (known && size.ws_col > 0 ? Int(size.ws_col) : 80), 20), 1000)
        rows = known && size.ws_row > 0 ? Int(size.ws_row) : 24
        let locale =
            [environment["LC_ALL"], environment["LC_CTYPE"], environment["LANG"]].compactMap { $0 }
            .first { !$0.isEmpty } ?? ""
        let lowered = locale.lowercased()
        unicode = lowered.contains("utf-8") || lowered.contains("utf8")
        isDumb = environment["TERM"] == "dumb"
    }
}
