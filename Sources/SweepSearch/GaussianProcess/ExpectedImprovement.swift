import Glibc

/// The logarithm of the improvement that is expected below a threshold, and its derivatives.
///
/// S. Ament and others, "Unexpected Improvements to Expected Improvement for Bayesian Optimization", 2023 (log EI);
/// far out in the tail an asymptotic series replaces their bounds.
package enum ExpectedImprovement {
    /// log h(z) with h(z) = φ(z) + z Φ(z), and its derivative Φ(z) / h(z).
    package static func logH(_ z: Double) -> (value: Double, slope: Double) {
        if z > -1 {
            let cumulative = NormalLaw.probability(below: z)
            let h = exp(-z * z / 2) * density + z * cumulative
            return (log(h), cumulative / h)
        }
        let distance = -z
        if distance < 15 {
            // With Mills' ratio R = Φ(z) / φ(z): h = φ(z) (1 - |z| R).
            let x = distance / 2.0.squareRoot()
            let mills = (Double.pi / 2).squareRoot() * exp(x * x) * erfc(x)
            let rest = 1 - distance * mills
            return (-z * z / 2 + logDensity + log(rest), mills / rest)
        }
        // 1 - |z| R = 1/z² - 3/z⁴ + 15/z⁶ - …; R = 1/|z| (1 - 1/z² + 3/z⁴ - …).
        let inverse = 1 / (z * z)
        var (term, rest, ratio) = (1.0, 0.0, 1.0)
        for order in 1...10 {
            term *= -Double(2 * order - 1) * inverse
            ratio += term
            rest -= term
        }
        return (-z * z / 2 + logDensity + log(rest), ratio / (distance * rest))
    }

    /// log E[max(threshold - f, 0)] for f ~ N(mean, variance), with its derivatives by mean and variance.
    package static func logValue(
        mean: Double, variance: Double, threshold: Double
    ) -> (value: Double, ofMean: Double, ofVariance: Double) {
        let deviation = variance.squareRoot()
        let z = (threshold - mean) / deviation
        let (logH, slope) = logH(z)
        return (log(deviation) + logH, -slope / deviation, (1 - slope * z) / (2 * variance))
    }

    private static let density = 1 / (2 * Double.pi).squareRoot()
    private static let logDensity = -log(2 * Double.pi) / 2
}
