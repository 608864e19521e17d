/// What a Gaussian process learns from: rows of features with their kinds, and a value each.
package struct TrainingSet {
    package let kinds: [FeatureKind]
    /// A row for each observation, a column for each feature.
    package let features: Matrix
    /// Standardised: mean 0, variance about 1.
    package var values: [Double]

    package var count: Int { values.count }

    /// - Parameter rows: each with a number for each of `kinds`; missing ones are 0.
    package init(kinds: [FeatureKind], rows: [[Double]], values: [Double]) {
        let count = min(rows.count, values.count)
        self.kinds = kinds
        self.values = Array(values.prefix(count))
        features = Matrix(rows: count, columns: kinds.count)
        for (row, numbers) in rows.prefix(count).enumerated() {
            for (column, number) in numbers.prefix(kinds.count).enumerated() {
                features.memory[column * count + row] = number
            }
        }
    }
}
