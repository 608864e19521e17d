/// The Sobol sequence in base 2 with Owen's nested uniform scrambling.
///
/// I. M. Sobol, "On the distribution of points in a cube and the approximate evaluation of integrals" (1967); direction
/// numbers of S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci.
/// Comput. 30 (2008); scrambling of A. B. Owen, "Randomly permuted (t,m,s)-nets and (t,s)-sequences" (1995).
package struct SobolSequence: Sendable {
    /// Points after which the scrambling begins anew.
    private static let bits = 32

    package let dimensions: Int
    private let seed: UInt64
    /// The direction numbers of each dimension, the first in the highest bit.
    private let directions: [[UInt32]]

    /// - Parameter dimensions: no more than `SobolDirections.dimensions` are made.
    package init(dimensions: Int, seed: UInt64) {
        self.dimensions = min(max(dimensions, 0), SobolDirections.dimensions)
        self.seed = seed
        directions = (0..<self.dimensions).map { Self.directions(of: $0) }
    }

    /// The coordinates of the point at `index`, each strictly between 0 and 1.
    package func point(at index: Int) -> [Double] {
        let epoch = UInt64(truncatingIfNeeded: index) >> UInt64(Self.bits)
        return (0..<dimensions).map { dimension in
            let key = SeededRandom.mix(
                SeededRandom.mix(seed &+ epoch &* 0xA076_1D64_78BD_642F) &+ UInt64(dimension) &+ 1)
            return Self.scrambled(integer(at: UInt32(truncatingIfNeeded: index), dimension: dimension), key: key)
        }
    }

    /// `count` numbers of the standard normal law at `index`: those that the sequence has no dimension for are drawn.
    func normals(at index: Int, count: Int, using random: inout SeededRandom) -> [Double] {
        var point = point(at: index)
        while point.count < count { point.append(random.nextUnit()) }
        return point.map { NormalLaw.quantile($0) }
    }

    /// The coordinate of the sequence itself as a fraction of 2³², in the order of the binary code (not of Gray's).
    package func integer(at index: UInt32, dimension: Int) -> UInt32 {
        var (result, rest) = (UInt32(0), index)
        while rest != 0 {
            result ^= directions[dimension][rest.trailingZeroBitCount]
            rest &= rest - 1
        }
        return result
    }

    /// Flips each bit by a coin that depends on all the bits above it, and draws the bits that the sequence does not
    /// have.
    private static func scrambled(_ value: UInt32, key: UInt64) -> Double {
        var result: UInt64 = 0
        for bit in 0..<bits {
            let above = UInt64(value) >> UInt64(bits - bit)
            // 1 in front tells prefixes of different lengths apart.
            let coin = SeededRandom.mix(key ^ SeededRandom.mix(above | 1 << UInt64(bit))) >> 63
            result = result << 1 | (UInt64(value >> UInt32(bits - 1 - bit)) & 1 ^ coin)
        }
        let tail = SeededRandom.mix(key ^ SeededRandom.mix(UInt64(value) | 1 << UInt64(bits)))
        return SeededRandom.unit(result << 20 | tail >> 44)
    }

    /// v_j = m_j / 2^j with Sobol's recurrence over the primitive polynomial's coefficients.
    private static func directions(of dimension: Int) -> [UInt32] {
        guard let row = SobolDirections.row(dimension) else { return (0..<bits).map { 1 << UInt32(bits - 1 - $0) } }
        let degree = row.initial.count
        var numbers = row.initial.map(UInt64.init)
        for j in degree..<bits {
            var next = numbers[j - degree] ^ numbers[j - degree] << UInt64(degree)
            for k in 1..<max(degree, 1) where row.polynomial >> UInt32(degree - k) & 1 == 1 {
                next ^= numbers[j - k] << UInt64(k)
            }
            numbers.append(next)
        }
        return numbers.prefix(bits).enumerated().map {
            UInt32(truncatingIfNeeded: $0.element << UInt64(bits - 1 - $0.offset))
        }
    }
}
