package import SweepModel

/// The step `q` of a quantised law. Written as an int it makes the law's values ints; the default is a double.
package enum Quantum: Hashable, Sendable {
    case int(Int)
    case double(Double)

    package var size: Double {
        switch self {
        case .int(let step): Double(step)
        case .double(let step): step
        }
    }

    /// `round(x / q) · q`, halves to even as numpy rounds.
    package func multiple(nearest x: Double) -> ParameterValue {
        let index = (x / size).rounded(.toNearestOrEven)
        switch self {
        case .double(let step): return .double((index * step).finite)
        case .int(let step):
            if let index = Int(exactly: index) {
                let (product, overflow) = index.multipliedReportingOverflow(by: step)
                if !overflow { return .int(product) }
            }
            // Beyond 64 bits: the last multiple there is.
            return .int((x < 0 ? Int.min / step : Int.max / step) * step)
        }
    }

    /// How many steps `value` is from 0; nil when it is no multiple of `q`.
    func index(of value: ParameterValue) -> Double? {
        guard let number = value.number, number.isFinite else { return nil }
        let index = (number / size).rounded(.toNearestOrEven)
        // A person writes 0.3 where three steps of 0.1 are 0.30000000000000004.
        return abs(index * size - number) <= 1e-9 * size ? index : nil
    }

    var text: String {
        switch self {
        case .int(let step): "\(step)"
        case .double(let step): "\(step)"
        }
    }
}

extension Double {
    /// The nearest finite number: an overflow stays a number that JSON can say.
    var finite: Double {
        isFinite || isNaN ? self : self > 0 ? .greatestFiniteMagnitude : -.greatestFiniteMagnitude
    }

    /// Into 0...1; NaN becomes 0.
    var clampedToUnit: Double { self > 0 ? Swift.min(self, 1) : 0 }

    /// Into 2⁻⁵³...1 - 2⁻⁵³, where the quantiles of an unbounded law are finite and as far out on both sides.
    var insideUnit: Double {
        let edge = 0x1p-53
        return self > edge ? Swift.min(self, 1 - edge) : edge
    }

    func clamped(to range: ClosedRange<Double>) -> Double {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
