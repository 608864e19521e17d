import SweepModel

/// SplitMix64 as a counter-based generator: the stream of suggestion k follows from (seed, k) alone.
package struct SeededRandom: RandomNumberGenerator {
    private var stream: SplitMix64

    /// The stream `index` of `seed`.
    package init(seed: UInt64, index: Int) {
        let start = SplitMix64.mix(seed &+ 0x9E37_79B9_7F4A_7C15)
        stream = SplitMix64(seed: SplitMix64.mix(start &+ UInt64(truncatingIfNeeded: index) &* 0xD1B5_4A32_D192_ED03))
    }

    package mutating func next() -> UInt64 { stream.next() }

    /// A number strictly between 0 and 1, of 52 bits.
    package mutating func nextUnit() -> Double { Self.unit(next() >> 12) }

    /// The middle of the `bits`-th of 2⁵² equal parts of the unit interval.
    static func unit(_ bits: UInt64) -> Double { (Double(bits & (1 << 52 - 1)) + 0.5) * 0x1p-52 }

    static func mix(_ value: UInt64) -> UInt64 { SplitMix64.mix(value) }
}
