import Glibc

/// A monotone map from objective values (lower is better) to standardised ones, which the Gaussian process likes better.
///
/// Far too bad values are moved closer (they say "not here", whatever their size), then a power transformation may make
/// the rest more normal: I.-K. Yeo, R. A. Johnson, "A new family of power transformations to improve normality or
/// symmetry", Biometrika 87 (2000), as HEBO does. Then mean 0 and variance 1.
package struct OutputWarp: Sendable, Hashable {
    /// Divides all values first, so that nothing overflows.
    private var unit: Double
    /// In units: the middle and the spread that the power works on.
    private var center: Double
    private var spread: Double
    /// Beyond this (in the power's units) a value is bent towards it.
    private var ceiling: Double
    /// The power; 1 changes nothing.
    package let power: Double
    private var mean: Double
    private var deviation: Double

    /// The map for `values`, which must be finite.
    package init(_ values: [Double], power: Double = 1) {
        self.power = power
        let largest = values.reduce(0.0) { max($0, abs($1)) }
        unit = largest > 1e100 || largest > 0 && largest < 1e-100 ? largest : 1
        let sorted = values.map { [unit] in $0 / unit }.sorted()
        let count = sorted.count
        center = count > 0 ? sorted[count / 2] : 0
        let quartiles = count > 0 ? sorted[count * 3 / 4] - sorted[count / 4] : 0
        let average = sorted.reduce(0, +) / Double(max(count, 1))
        let variance = sorted.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(max(count, 1))
        let below = count > 0 ? center - sorted[0] : 0
        spread = max(quartiles / 1.35, below / 3)
        if !(spread > 0) { spread = variance.squareRoot() }
        if !(spread > 0) || !spread.isFinite { spread = max(abs(center) * 1e-9, 1e-300) }
        ceiling = max(4, 3 * below / spread)
        (mean, deviation) = (0, 1)
        let bent = sorted.map { raised($0) }
        mean = bent.reduce(0, +) / Double(max(count, 1))
        let rest = bent.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(count, 1))
        deviation = rest.squareRoot()
        if !(deviation > 1e-12) { deviation = 1 }
    }

    /// From units to the power's units, bent and raised.
    private func raised(_ value: Double) -> Double {
        let x = (value - center) / spread
        return Self.yeoJohnson(x > ceiling ? ceiling + log1p(x - ceiling) : x, power)
    }

    package func callAsFunction(_ value: Double) -> Double { (raised(value / unit) - mean) / deviation }

    /// The value that is mapped to `warped`; the ends of the power's range where there is none.
    package func inverse(_ warped: Double) -> Double {
        let x = Self.inverseYeoJohnson(warped * deviation + mean, power)
        return ((x > ceiling ? ceiling + expm1(min(x - ceiling, 600)) : x) * spread + center) * unit
    }

    /// The derivative of the map.
    package func slope(at value: Double) -> Double {
        let x = (value / unit - center) / spread
        let bent = x > ceiling ? ceiling + log1p(x - ceiling) : x
        let inner = x > ceiling ? 1 / (1 + x - ceiling) : 1
        return Self.slopeOfYeoJohnson(bent, power) * inner / (spread * unit * deviation)
    }

    static func yeoJohnson(_ x: Double, _ power: Double) -> Double {
        if x >= 0 {
            return abs(power) < 1e-9 ? log1p(x) : expm1(power * log1p(x)) / power
        }
        let other = 2 - power
        return abs(other) < 1e-9 ? -log1p(-x) : -expm1(other * log1p(-x)) / other
    }

    static func inverseYeoJohnson(_ y: Double, _ power: Double) -> Double {
        if y >= 0 {
            if abs(power) < 1e-9 { return expm1(y) }
            return expm1(log1p(max(power * y, -1 + 1e-15)) / power)
        }
        let other = 2 - power
        if abs(other) < 1e-9 { return -expm1(-y) }
        return -expm1(log1p(max(-other * y, -1 + 1e-15)) / other)
    }

    static func slopeOfYeoJohnson(_ x: Double, _ power: Double) -> Double {
        x >= 0 ? exp((power - 1) * log1p(x)) : exp((1 - power) * log1p(-x))
    }

    /// The power under which `values` look most normal, in -1...3 (a profile likelihood; golden section).
    package static func mostNormalPower(_ values: [Double]) -> Double {
        let plain = OutputWarp(values)
        let xs = values.map { ($0 / plain.unit - plain.center) / plain.spread }
            .map { $0 > plain.ceiling ? plain.ceiling + log1p($0 - plain.ceiling) : $0 }
        guard xs.count > 2 else { return 1 }
        let logs = xs.reduce(0) { $0 + ($1 >= 0 ? log1p($1) : -log1p(-$1)) }
        func loss(_ power: Double) -> Double {
            let raised = xs.map { yeoJohnson($0, power) }
            let mean = raised.reduce(0, +) / Double(xs.count)
            let variance = raised.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(xs.count)
            return Double(xs.count) / 2 * log(max(variance, 1e-300)) - (power - 1) * logs
        }
        return GoldenSection.minimum(in: -1...3, steps: 24, of: loss)
    }
}

/// The minimum of a function with one valley.
enum GoldenSection {
    static func minimum(in range: ClosedRange<Double>, steps: Int, of function: (Double) -> Double) -> Double {
        let ratio = (5.0.squareRoot() - 1) / 2
        var (low, high) = (range.lowerBound, range.upperBound)
        var (a, b) = (high - ratio * (high - low), low + ratio * (high - low))
        var (valueA, valueB) = (function(a), function(b))
        for _ in 0..<steps {
            if valueA < valueB {
                (high, b, valueB) = (b, a, valueA)
                a = high - ratio * (high - low)
                valueA = function(a)
            } else {
                (low, a, valueA) = (a, b, valueB)
                b = low + ratio * (high - low)
                valueB = function(b)
            }
        }
        return (low + high) / 2
    }
}
