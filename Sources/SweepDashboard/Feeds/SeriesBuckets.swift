import SweepModel

/// A metric's values over its steps, thinned to what a chart of some pixels can show: of each column of pixels
/// the smallest and the largest value, so that no spike is lost and the curve looks the same.
struct SeriesBuckets: Sendable {
    struct Point: Hashable, Sendable {
        var step: Double
        var value: Double
        /// Milliseconds since 1970-01-01 UTC.
        var time: Int64
    }

    /// Every value in the order in which it came.
    private(set) var points: [Point] = []
    private(set) var count = 0
    private(set) var nonFinite = 0

    mutating func add(_ point: Point) {
        count += 1
        if !point.value.isFinite { nonFinite += 1 }
        points.append(point)
    }

    /// At most `2 · width` points and the values that are no numbers. Of those, one a column.
    func thinned(width: Int) -> [Point] {
        let width = max(1, width)
        guard points.count > 2 * width, let first = points.first else { return points }
        var (low, high) = (first.step, first.step)
        for point in points {
            low = min(low, point.step)
            high = max(high, point.step)
        }
        let scale = high > low ? Double(width) / (high - low) : 0
        var kept: [Int] = []
        kept.reserveCapacity(4 * width)
        var bucket = Bucket()
        var current = -1
        for (index, point) in points.enumerated() {
            let column = min(width - 1, max(0, Int((point.step - low) * scale)))
            if column != current {
                bucket.flush(into: &kept)
                current = column
            }
            bucket.add(index, point.value, points)
        }
        bucket.flush(into: &kept)
        return kept.map { points[$0] }
    }

    private struct Bucket {
        var smallest: Int?
        var largest: Int?
        var odd: Int?

        mutating func add(_ index: Int, _ value: Double, _ points: [Point]) {
            guard value.isFinite else {
                odd = odd ?? index
                return
            }
            if smallest.map({ value < points[$0].value }) ?? true { smallest = index }
            if largest.map({ value > points[$0].value }) ?? true { largest = index }
        }

        mutating func flush(into kept: inout [Int]) {
            kept.append(contentsOf: Set([smallest, largest, odd].compactMap { $0 }).sorted())
            self = Bucket()
        }
    }
}
