import Glibc

/// The Matérn kernel of smoothness 5/2 as a function of the squared distance (Rasmussen & Williams, "Gaussian Processes
/// for Machine Learning", 2006, eq. 4.17).
enum Matern {
    static let root5 = 5.0.squareRoot()

    @inline(__always)
    static func value(_ squared: Double) -> Double {
        let s = root5 * squared.squareRoot()
        return (1 + s + s * s / 3) * exp(-s)
    }

    /// The value and its derivative by the squared distance: -5/6 (1 + √5 r) exp(-√5 r), smooth at 0.
    @inline(__always)
    static func valueAndSlope(_ squared: Double) -> (value: Double, slope: Double) {
        let s = root5 * squared.squareRoot()
        let e = exp(-s)
        return ((1 + s + s * s / 3) * e, -5.0 / 6 * (1 + s) * e)
    }
}
