package import SweepModel

/// A law over the real numbers, given by its quantile function and its inverse.
package protocol ContinuousDistribution: Distribution {
    /// The smallest `x` with `probability(below: x) >= u`, for `u` in 0...1. Finite; never decreases with `u`.
    func quantile(_ u: Double) -> Double

    /// The cumulative distribution function.
    func probability(below x: Double) -> Double

    /// Where its values lie; infinite where it has no end.
    var support: ClosedRange<Double> { get }

    /// Its parameters, for people: `1e-05 … 0.1`.
    var terms: String { get }
}

extension ContinuousDistribution {
    package func value(at u: Double) -> ParameterValue { .double(quantile(u.clampedToUnit)) }

    package func position(of value: ParameterValue) -> Double? {
        guard let x = value.number, support.contains(x) else { return nil }
        return probability(below: x).clampedToUnit
    }

    package var gridAxis: GridAxis? { nil }
    package var valueCount: Int? { nil }
    package var summary: String { "\(Self.name) \(terms)" }
}

/// A continuous law with its values rounded to multiples of `q`: `round(x / q) · q`, halves to even.
///
/// The nearest multiple may lie outside the bounds (min 1 with q 4 gives 0), as in W&B.
package protocol QuantizedDistribution: Distribution {
    associatedtype Base: ContinuousDistribution

    var base: Base { get }
    var q: Quantum { get }
}

extension QuantizedDistribution {
    package func value(at u: Double) -> ParameterValue { q.multiple(nearest: base.quantile(u.clampedToUnit)) }

    /// The middle of the probability that is rounded to `value`.
    package func position(of value: ParameterValue) -> Double? {
        guard let index = q.index(of: value) else { return nil }
        let (low, high) = ((index - 0.5) * q.size, (index + 0.5) * q.size)
        let support = base.support
        guard high >= support.lowerBound, low <= support.upperBound else { return nil }
        let below = low <= support.lowerBound ? 0 : base.probability(below: low).clampedToUnit
        let above = high >= support.upperBound ? 1 : base.probability(below: high).clampedToUnit
        let middle = below + (above - below) / 2
        if below < above || support.lowerBound < low && high < support.upperBound { return middle }
        // A bound that lies half-way between two multiples belongs to one of them only.
        return self.value(at: middle).isSame(as: value) ? middle : nil
    }

    package var gridAxis: GridAxis? { nil }

    package var valueCount: Int? {
        guard base.support.lowerBound.isFinite, base.support.upperBound.isFinite else { return nil }
        let first = (base.quantile(0) / q.size).rounded(.toNearestOrEven)
        let last = (base.quantile(1) / q.size).rounded(.toNearestOrEven)
        return Int(exactly: last - first + 1) ?? .max
    }

    package var summary: String { "\(Self.name) \(base.terms), q \(q.text)" }
}
