import Glibc
import SweepModel

/// A picture of numbers, apart from how it is drawn: as SVG (`ChartSVG`) or with block characters (`ChartBlocks`).
package struct Chart: Sendable {
    /// What a layer stands for; a drawing chooses the colour.
    package enum Ink: Hashable, Sendable {
        case best, completed, pruned, failed, running, faint
        /// One of eight that can be told apart, over and over.
        case series(Int)
    }

    package enum Form: Sendable {
        case points, line
        /// A line that stays until the next point.
        case steps
        /// From 0 to x, at the height of y; `errors` are half widths.
        case bars
    }

    package struct Point: Hashable, Sendable {
        package var x: Double
        package var y: Double
    }

    package struct Layer: Sendable {
        package var form: Form
        package var ink: Ink
        /// For the legend; nil: not in it.
        package var name: String?
        package var points: [Point]
        package var errors: [Double] = []
    }

    /// A text beside a place, in the axes' units.
    package struct Label: Sendable {
        package var at: Point
        package var text: String
    }

    package var title: String
    package var x: ChartAxis
    package var y: ChartAxis
    package var layers: [Layer] = []
    package var labels: [Label] = []
    /// Beneath it, in words: what is shown of what there is.
    package var note = ""

    package var isEmpty: Bool { layers.allSatisfy(\.points.isEmpty) }
}

/// From values to a place between 0 and 1.
package struct ChartAxis: Sendable {
    package var label: String
    package var low: Double
    package var high: Double
    package var isLog = false
    /// Of an axis of categories: value k + 0.5 is the k-th.
    package var names: [String] = []

    /// Over numbers; what is not finite does not count. Never of no length.
    package init(_ label: String, over values: [Double], isLog: Bool = false, padding: Double = 0.03) {
        self.label = label
        // Beyond these, differences and quotients of two would be no numbers any more.
        let shown = values.filter { abs($0) < 1e300 && (!isLog || $0 > 1e-300) }
        self.isLog = isLog && !shown.isEmpty
        (low, high) = (shown.min() ?? 0, shown.max() ?? 1)
        if self.isLog {
            if high <= low { (low, high) = (low / 1.5, high * 1.5) }
            let factor = exp(log(high / low) * padding)
            (low, high) = (low / factor, high * factor)
        } else {
            if high <= low {
                let reach = max(abs(low) * 0.1, 0.5)
                (low, high) = (low - reach, high + reach)
            }
            let reach = (high - low) * padding
            (low, high) = (low - reach, high + reach)
        }
    }

    package init(_ label: String, names: [String]) {
        self.label = label
        self.names = names
        (low, high) = (0, Double(max(1, names.count)))
    }

    /// Between 0 and 1 inside the axis; nil for what has no place.
    package func place(_ value: Double) -> Double? {
        guard value.isFinite, !isLog || value > 0 else { return nil }
        return isLog ? log(value / low) / log(high / low) : (value - low) / (high - low)
    }

    /// At most about `count` places with their texts.
    package func ticks(_ count: Int) -> [(place: Double, text: String)] {
        if !names.isEmpty {
            let every = max(1, (names.count + max(1, count) - 1) / max(1, count))
            return names.indices.filter { $0 % every == 0 }.compactMap { index in
                place(Double(index) + 0.5).map { ($0, names[index]) }
            }
        }
        return values(max(2, count)).compactMap { value in place(value).map { ($0, ValueText.number(value)) } }
    }

    private func values(_ count: Int) -> [Double] {
        if isLog {
            guard let first = Int(exactly: log10(low).rounded(.up)), let last = Int(exactly: log10(high).rounded(.down))
            else { return [] }
            let every = max(1, (last - first) / count + 1)
            let powers = stride(from: first, through: max(first, last), by: every).map { pow(10, Double($0)) }
            let shown = powers.filter { $0 >= low && $0 <= high }
            if shown.count >= 2 { return shown }
        }
        let raw = (high - low) / Double(count)
        guard raw.isFinite, raw > 0 else { return [] }
        let size = pow(10, log10(raw).rounded(.down))
        let step = [1, 2, 2.5, 5, 10].map { $0 * size }.first { $0 >= raw } ?? raw
        var values: [Double] = []
        var value = (low / step).rounded(.up) * step
        while value <= high, values.count < 60 {
            values.append(abs(value) < step / 1e6 ? 0 : value)
            value += step
        }
        return values.filter { !isLog || $0 > 0 }
    }
}
