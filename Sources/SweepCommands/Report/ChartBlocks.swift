import SweepModel

/// A chart in a terminal: four dots a character (U+2580…U+259F), bars by eighths.
package struct ChartBlocks: Sendable {
    private static let quadrants: [Character] = Array(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")
    private static let eighths: [Character] = Array(" ▏▎▍▌▋▊▉█")

    private let chart: Chart
    private let columns: Int
    private let rows: Int

    /// - Parameters: of the whole picture, in characters.
    package init(_ chart: Chart, columns: Int, rows: Int) {
        self.chart = chart
        self.columns = max(30, min(400, columns))
        self.rows = max(6, min(100, rows))
    }

    package var lines: [String] {
        let title = DisplayText.escape(chart.title)
        guard !chart.isEmpty else { return [title, "no values yet"] }
        if chart.layers.contains(where: { $0.form == .bars }) { return [title] + bars() }
        return [title] + plot() + (chart.note.isEmpty ? [] : [DisplayText.escape(chart.note)])
    }

    private func bars() -> [String] {
        let names = chart.y.names.map { DisplayText.escape($0) }
        let longest = min(30, names.map(\.count).max() ?? 0)
        let room = max(8, columns - longest - 18)
        var lines: [String] = []
        for layer in chart.layers where layer.form == .bars {
            for (index, point) in layer.points.enumerated().reversed() {
                let name = names.indices.contains(Int(point.y)) ? names[Int(point.y)] : ""
                let share = min(1, max(0, point.x / max(chart.x.high, .leastNonzeroMagnitude)))
                let eighths = Int((share * Double(room * 8)).rounded())
                var bar = String(repeating: "█", count: eighths / 8)
                if eighths % 8 > 0 { bar.append(Self.eighths[eighths % 8]) }
                let error =
                    layer.errors.indices.contains(index) ? " ±\(ValueText.tenths(layer.errors[index] * 100))" : ""
                lines.append(
                    "\(pad(String(name.prefix(longest)), longest)) \(bar) \(ValueText.tenths(point.x * 100))%\(error)")
            }
        }
        return lines
    }

    private func plot() -> [String] {
        let ticks = chart.y.ticks(max(2, rows / 4)).filter { (0...1).contains($0.place) }
        let margin = min(14, max(4, ticks.map { $0.text.count }.max() ?? 4))
        let (wide, tall) = (columns - margin - 2, rows - 3)
        var dots = Dots(wide: wide * 2, tall: tall * 2)
        for layer in chart.layers { draw(layer, on: &dots) }
        var left = [String](repeating: "", count: tall)
        for tick in ticks {
            let row = min(tall - 1, max(0, Int((1 - tick.place) * Double(tall - 1) + 0.5)))
            left[row] = DisplayText.escape(String(tick.text.prefix(margin)))
        }
        var lines = (0..<tall).map { row in
            let label = String(repeating: " ", count: margin - min(margin, left[row].count)) + left[row]
            let cells = (0..<wide).map { Self.quadrants[dots.quadrant($0, row)] }
            return "\(label) \(left[row].isEmpty ? "│" : "┤")\(String(cells))".trimmingEnd
        }
        lines.append(String(repeating: " ", count: margin + 1) + "└" + String(repeating: "─", count: wide))
        lines.append(String(repeating: " ", count: margin + 2) + below(wide))
        lines.append(String(repeating: " ", count: margin + 2) + DisplayText.escape(chart.x.label))
        return lines
    }

    /// The texts of the lower axis, without overlap.
    private func below(_ wide: Int) -> String {
        var line = ""
        for tick in chart.x.ticks(max(2, wide / 12)) where (0...1).contains(tick.place) {
            let text = DisplayText.escape(String(tick.text.prefix(11)))
            let at = min(wide - text.count, max(0, Int(tick.place * Double(wide - 1)) - text.count / 2))
            guard at >= line.count + (line.isEmpty ? 0 : 1) else { continue }
            line += String(repeating: " ", count: at - line.count) + text
        }
        return line
    }

    private func draw(_ layer: Chart.Layer, on dots: inout Dots) {
        var before: (x: Int, y: Int)?
        for point in layer.points {
            guard let x = chart.x.place(point.x), let y = chart.y.place(point.y) else {
                before = nil
                continue
            }
            let here = (
                x: Int((min(1, max(0, x)) * Double(dots.wide - 1)).rounded()),
                y: Int(((1 - min(1, max(0, y))) * Double(dots.tall - 1)).rounded())
            )
            switch (layer.form, before) {
            case (.line, let last?): dots.line(last, here)
            case (.steps, let last?):
                dots.line(last, (here.x, last.y))
                dots.line((here.x, last.y), here)
            default: dots.set(here.x, here.y)
            }
            before = here
        }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private struct Dots {
        let wide: Int
        let tall: Int
        private var isSet: [Bool]

        init(wide: Int, tall: Int) {
            (self.wide, self.tall) = (wide, tall)
            isSet = Array(repeating: false, count: wide * tall)
        }

        mutating func set(_ x: Int, _ y: Int) {
            guard (0..<wide).contains(x), (0..<tall).contains(y) else { return }
            isSet[y * wide + x] = true
        }

        mutating func line(_ from: (x: Int, y: Int), _ to: (x: Int, y: Int)) {
            let steps = max(1, max(abs(to.x - from.x), abs(to.y - from.y)))
            for step in 0...steps {
                set(from.x + (to.x - from.x) * step / steps, from.y + (to.y - from.y) * step / steps)
            }
        }

        /// Which of a character's four dots are set, as an index into `quadrants`.
        func quadrant(_ column: Int, _ row: Int) -> Int {
            func dot(_ dx: Int, _ dy: Int) -> Int { isSet[(row * 2 + dy) * wide + column * 2 + dx] ? 1 : 0 }
            return dot(0, 0) | dot(1, 0) << 1 | dot(0, 1) << 2 | dot(1, 1) << 3
        }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
