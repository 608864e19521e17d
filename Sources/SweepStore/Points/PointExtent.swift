import GRDB
package import SweepModel

/// One metric of an attempt over all its points; those that are NaN count only as first and last.
package struct PointExtent: Equatable, Sendable {
    package private(set) var first: Double?
    package private(set) var last: Double?
    package private(set) var min: Double?
    package private(set) var max: Double?
    private var sum = 0.0
    private var count = 0

    package var mean: Double? { count > 0 ? sum / Double(count) : nil }

    mutating func add(_ value: Double) {
        first = first ?? value
        last = value
        guard !value.isNaN else { return }
        min = Swift.min(min ?? value, value)
        max = Swift.max(max ?? value, value)
        sum += value
        count += 1
    }
}

extension Store {
    /// Those of several metrics of an attempt, in that order.
    package func extents(_ metrics: [String], of attempt: AttemptID) throws(SweepError) -> [PointExtent] {
        try reading { database in
            var extents = try metrics.map { metric in
                var extent = PointExtent()
                let rows = try Self.chunks(of: attempt, metric, database)
                while let row = try rows.next() {
                    var (steps, values): ([Int64], [Double]) = ([], [])
                    try row.block(0, "chunks.data") { bytes throws(BlockDamage) in
                        try PointChunk.decodeLine(bytes, steps: &steps, values: &values)
                    }
                    for value in values { extent.add(value) }
                }
                return extent
            }
            try LoosePoints.read(attempt, database) { report, _ in
                for (index, metric) in metrics.enumerated() {
                    if let value = report.metrics[metric] { extents[index].add(value) }
                }
            }
            return extents
        }
    }
}
