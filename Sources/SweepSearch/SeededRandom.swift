/// SplitMix64: a counter-based generator, so that the stream of suggestion k follows from (seed, k) alone.
///
/// G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
struct SeededRandom: RandomNumberGenerator {
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var state: UInt64

    /// The stream `index` of `seed`.
    init(seed: UInt64, index: Int) {
        state = Self.mix(Self.mix(seed &+ Self.step) &+ UInt64(truncatingIfNeeded: index) &* 0xD1B5_4A32_D192_ED03)
    }

    mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.mix(state)
    }

    /// A number strictly between 0 and 1, of 52 bits.
    mutating func nextUnit() -> Double { Self.unit(next() >> 12) }

    /// The middle of the `bits`-th of 2⁵² equal parts of the unit interval.
    static func unit(_ bits: UInt64) -> Double { (Double(bits & (1 << 52 - 1)) + 0.5) * 0x1p-52 }

    /// A permutation of the 64-bit numbers that scatters neighbours (Stafford's variant 13).
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
