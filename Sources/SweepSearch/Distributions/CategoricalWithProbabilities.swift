package import SweepModel

/// Any of a list of values, each with a probability of its own: the first whose running total is above `u`.
package struct CategoricalWithProbabilities: Distribution {
    package static let name = "categorical_w_probabilities"
    package static let keys: [DistributionKey] = [.values, .probabilities]

    package let values: [ParameterValue]
    /// They add up to 1.
    package let probabilities: [Double]
    /// W&B starts a sweep whose probabilities do not add up to 1, with a warning.
    package let caution: DistributionError?
    /// `totals[i]`: the probability of the values up to i.
    private let totals: [Double]

    package init(fields: DistributionFields) throws(DistributionError) {
        let values = try fields.choices()
        let listed = try fields.list(.probabilities)
        guard listed.count == values.count else {
            throw DistributionError(
                key: "probabilities",
                "probabilities has \(listed.count) entries, values has \(values.count)",
                mend: "give one probability for each value")
        }
        var probabilities: [Double] = []
        var total = 0.0
        for entry in listed {
            guard let probability = entry.number, probability.isFinite, probability >= 0 else {
                throw DistributionError(
                    key: "probabilities", "probabilities: \(DistributionFields.text(entry)) is no probability",
                    mend: "give numbers from 0 to 1")
            }
            total += probability
            probabilities.append(probability)
        }
        guard total > 0, total.isFinite else {
            throw DistributionError(
                key: "probabilities", "probabilities must add up to 1, they add up to \(total)",
                mend: "give one of them more than 0")
        }
        caution = Self.caution(total: total)
        if caution != nil { probabilities = probabilities.map { $0 / total } }
        self.values = values
        self.probabilities = probabilities
        var running = 0.0
        totals = probabilities.map { probability in
            running += probability
            return running
        }
    }

    private static func caution(total: Double) -> DistributionError? {
        // numpy.isclose(total, 1), as in W&B.
        guard abs(total - 1) > 1e-8 + 1e-5 else { return nil }
        return DistributionError(
            key: "probabilities", "probabilities must add up to 1, they add up to \(total); each is divided by that",
            mend: "write them so that they add up to 1")
    }

    package func value(at u: Double) -> ParameterValue {
        let u = u.clampedToUnit
        let last = probabilities.lastIndex { $0 > 0 } ?? values.count - 1
        return values[totals.firstIndex { u < $0 } ?? last]
    }

    package func position(of value: ParameterValue) -> Double? {
        let identity = ValueIdentity(value)
        let index = values.indices.first { probabilities[$0] > 0 && ValueIdentity(values[$0]) == identity }
        return index.map { totals[$0] - probabilities[$0] / 2 }
    }

    /// A grid would have to ignore the probabilities.
    package var gridAxis: GridAxis? { nil }

    package var valueCount: Int? {
        Set(values.indices.lazy.filter { probabilities[$0] > 0 }.map { ValueIdentity(values[$0]) }).count
    }

    package var summary: String {
        let shown = values.indices.prefix(6).map { "\(DistributionFields.text(values[$0])) (\(probabilities[$0]))" }
        return "categorical \(shown.joined(separator: ", "))\(values.count > 6 ? ", … (\(values.count) values)" : "")"
    }
}
