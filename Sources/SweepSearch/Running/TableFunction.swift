package import SweepModel

/// A function given by a table of points and values: the value of the nearest row.
package struct TableFunction: Sendable {
    private let encoding: SpaceEncoding
    /// Features of the rows, one after the other.
    private let features: [Double]
    private let values: [Double?]
    private let width: Int

    /// - Parameters:
    ///   - rows: parameters and value (nil: the trial failed) of each row.
    /// - Throws: when there is no row.
    package init(space: SearchSpace, rows: [(parameters: Parameters, value: Double?)]) throws(SweepError) {
        guard !rows.isEmpty else { throw SweepError(.usage, "the table has no row", remedy: "give one trial a row") }
        let encoding = SpaceEncoding(space)
        features = rows.flatMap { encoding.row(of: space.point(of: $0.parameters)) }
        values = rows.map(\.value)
        width = encoding.kinds.count
        self.encoding = encoding
    }

    /// The value at the nearest row (of several the first), and whether that row is the point itself.
    package func value(at point: Point) -> (value: Double?, isExact: Bool) {
        let row = encoding.row(of: point)
        var (best, nearest) = (Double.infinity, 0)
        for index in values.indices {
            var distance = 0.0
            for (feature, kind) in encoding.kinds.enumerated() {
                let difference = features[index * width + feature] - row[feature]
                distance += kind == .category ? (difference == 0 ? 0 : 1) : difference * difference
                if distance >= best { break }
            }
            if distance < best { (best, nearest) = (distance, index) }
        }
        return (values[nearest], best < 1e-12)
    }
}
