/// The intervals of the line that belong to ordered values: each reaches half-way to its neighbours.
struct CellBounds: Sendable {
    private let bounds: [Double]

    /// - Parameter places: ascending, two or more.
    init(places: [Double]) {
        let inner = zip(places, places.dropFirst()).map { ($0 + $1) / 2 }
        guard let first = places.first, let last = places.last, let low = inner.first, let high = inner.last else {
            bounds = [0, 1]
            return
        }
        bounds = [2 * first - low] + inner + [2 * last - high]
    }

    /// From the first value's interval to the last one's.
    var whole: ClosedRange<Double> { bounds[0]...bounds[bounds.count - 1] }

    func interval(of level: Int) -> ClosedRange<Double> {
        let level = min(max(level, 0), bounds.count - 2)
        return bounds[level]...bounds[level + 1]
    }

    var count: Int { bounds.count - 1 }
}
