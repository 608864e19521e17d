import Glibc

/// The regularised incomplete beta function I_x(a, b) and its inverse, for a and b above 0.
enum IncompleteBeta {
    /// I_x(a, b) for any `x`; 0 below 0 and 1 above 1.
    ///
    /// By the continued fraction of DLMF §8.17(v) with the modified Lentz algorithm, on the side of the mean where it
    /// converges quickly.
    static func regularized(_ x: Double, a: Double, b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        if x <= (a + 1) / (a + b + 2) { return tail(x, a, b) }
        return 1 - tail(1 - x, b, a)
    }

    /// The `x` where I_x(a, b) is `p`.
    ///
    /// Bisection over the doubles themselves (the order of their bit patterns), so that an x of 1e-300 is as exact as one
    /// of 0.5; at most 62 steps, whatever a and b are.
    static func inverse(_ p: Double, a: Double, b: Double) -> Double {
        guard p > 0 else { return 0 }
        guard p < 1 else { return 1 }
        var (low, high) = (UInt64(0), (1.0).bitPattern)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if regularized(Double(bitPattern: middle), a: a, b: b) < p { low = middle } else { high = middle }
        }
        return Double(bitPattern: high)
    }

    /// x^a (1 - x)^b / (a B(a, b)) times the continued fraction.
    private static func tail(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let logFront = a * log(x) + b * log1p(-x) - logBeta(a, b)
        return min(exp(logFront) * fraction(x, a, b) / a, 1)
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        func nonzero(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
        var c = 1.0
        var d = 1 / nonzero(1 - (a + b) * x / (a + 1))
        var result = d
        // About sqrt(max(a, b)) terms are needed.
        for index in 1...20_000 {
            let m = Double(index)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / nonzero(1 + even * d)
            c = nonzero(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / nonzero(1 + odd * d)
            c = nonzero(1 + odd / c)
            let change = d * c
            result *= change
            if abs(change - 1) < 1e-16 { break }
        }
        return result
    }

    /// ln B(a, b).
    private static func logBeta(_ a: Double, _ b: Double) -> Double { logGamma(a) + logGamma(b) - logGamma(a + b) }

    /// `lgamma` without its global sign, which threads would share.
    private static func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }
}
