import Glibc
import Testing

@testable import SweepSearch

@Suite struct OutputWarpTests {
    static let samples: [[Double]] = [
        [1, 2, 3, 4, 5], [0.1, 0.11, 0.12, 0.5, 90], [-3, -3, -3, -3], [7], [1e300, -1e300, 3e299],
        [1e-300, 3e-300, 2e-300],
        [0, 0, 0, 1e-9, 5], [1e9, 1e9 + 1, 1e9 + 2],
    ]

    @Test(arguments: samples, [-1, 0, 0.5, 1, 2, 3] as [Double])
    func `a value comes back, and better stays better`(values: [Double], power: Double) {
        let warp = OutputWarp(values, power: power)
        var last = -Double.infinity
        for value in values.sorted() {
            let warped = warp(value)
            #expect(warped.isFinite)
            #expect(warped >= last)
            last = warped
            let scale = max(abs(value), values.map(abs).max() ?? 1)
            #expect(abs(warp.inverse(warped) - value) <= 1e-6 * scale, "\(value) \(warp.inverse(warped))")
        }
    }

    @Test(arguments: [-1, 0, 0.5, 1, 2, 3] as [Double])
    func `the slope is the derivative`(power: Double) {
        let warp = OutputWarp([0.1, 0.2, 0.3, 0.5, 0.9, 1.4, 30], power: power)
        for value in [0.15, 0.4, 0.8, 9, 40] {
            let difference = (warp(value + 1e-6) - warp(value - 1e-6)) / 2e-6
            #expect(abs(difference - warp.slope(at: value)) < 1e-4 * max(difference, 1e-3), "\(value)")
        }
    }

    @Test func `the result has mean 0 and variance 1`() {
        for values in Self.samples where Set(values).count > 1 {
            let warp = OutputWarp(values)
            let warped = values.map { warp($0) }
            let count = Double(values.count)
            #expect(abs(warped.reduce(0, +)) < 1e-6 * count)
            #expect(abs(warped.reduce(0) { $0 + $1 * $1 } - count) < 1e-6 * count)
        }
    }

    @Test func `values of one tail are made symmetric`() {
        // Squares of even steps: the power that undoes them is near 1/2 on the positive side.
        let values = (1...60).map { Double($0 * $0) }
        let power = OutputWarp.mostNormalPower(values)
        #expect(power < 1)
        let symmetric = (1...61).map { Double($0) }
        #expect(abs(OutputWarp.mostNormalPower(symmetric) - 1) < 0.05)
    }
}
