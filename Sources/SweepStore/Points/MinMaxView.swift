/// A line with many points, for a place with few: as many stretches as there is room for, and of each its lowest and its
/// highest point, so that no peak is lost.
package struct MinMaxView: Equatable, Sendable {
    package struct Stretch: Equatable, Sendable {
        /// Where its lowest and its highest point are: their steps, or their places in the order of arrival.
        package var lowX: Int
        package var low: Double
        package var highX: Int
        package var high: Double
        /// Points in it, those that are no number among them.
        package var points: Int
    }

    /// Ascending in x; stretches without a number are left out.
    package private(set) var stretches: [Stretch] = []
    package private(set) var points: Int
    /// The x are steps; false: some point has none, and x is the order of arrival.
    package private(set) var hasSteps: Bool

    /// - Parameter steps: with `PointSeries.noStep` where there is none.
    init(steps: [Int64], values: [Double], width: Int) {
        points = values.count
        var lowest = Int64.max
        var highest = Int64.min
        for step in steps {
            if step < lowest { lowest = step }
            if step > highest { highest = step }
        }
        hasSteps = !steps.isEmpty && lowest != PointSeries.noStep
        let width = max(1, min(width, 100_000))
        let start = hasSteps ? Double(lowest) : 0
        let span = hasSteps ? Double(highest) - start + 1 : Double(max(1, values.count))
        var cells = [Cell](repeating: Cell(), count: min(width, max(1, values.count)))
        let scale = Double(cells.count) / span
        let (hasSteps, last) = (hasSteps, cells.count - 1)
        cells.withUnsafeMutableBufferPointer { cells in
            for index in values.indices {
                let x = hasSteps ? steps[index] : Int64(index)
                let cell = min(last, Int((Double(x) - start) * scale))
                cells[cell].add(values[index], x)
            }
        }
        stretches = cells.compactMap { cell in
            guard cell.hasNumber else { return nil }
            return Stretch(
                lowX: Int(cell.lowX), low: cell.low, highX: Int(cell.highX), high: cell.high, points: cell.points)
        }
    }

    private struct Cell {
        var low = 0.0
        var high = 0.0
        var lowX: Int64 = 0
        var highX: Int64 = 0
        var points = 0
        var hasNumber = false

        @inline(__always)
        mutating func add(_ value: Double, _ x: Int64) {
            points += 1
            guard hasNumber else {
                guard !value.isNaN else { return }
                (low, high, lowX, highX, hasNumber) = (value, value, x, x, true)
                return
            }
            // NaN compares as false: it is counted and not drawn.
            if value < low { (low, lowX) = (value, x) }
            if value > high { (high, highX) = (value, x) }
        }
    }
}
