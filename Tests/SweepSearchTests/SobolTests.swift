import SweepModel
import SweepSearch
import Testing

@Suite struct SobolTests {
    /// From scipy 1.17 (qmc.Sobol, not scrambled): index in binary order, and the integers of dimensions
    /// 0, 1, 2, 5, 40, 100 and 160.
    @Test(
        arguments: [
            (
                1,
                [
                    2_147_483_648, 2_147_483_648, 2_147_483_648, 2_147_483_648, 2_147_483_648, 2_147_483_648,
                    2_147_483_648,
                ]
            ),
            (
                3,
                [
                    3_221_225_472, 1_073_741_824, 1_073_741_824, 3_221_225_472, 1_073_741_824, 1_073_741_824,
                    3_221_225_472,
                ]
            ),
            (
                2,
                [
                    1_073_741_824, 3_221_225_472, 3_221_225_472, 1_073_741_824, 3_221_225_472, 3_221_225_472,
                    1_073_741_824,
                ]
            ),
            (4, [536_870_912, 2_684_354_560, 1_610_612_736, 1_610_612_736, 536_870_912, 1_610_612_736, 536_870_912]),
            (
                86,
                [1_778_384_896, 1_107_296_256, 3_321_888_768, 3_187_671_040, 3_053_453_312, 167_772_160, 1_174_405_120]
            ),
            (6732, [844_627_968, 1_119_354_880, 926_416_896, 4_239_917_056, 432_537_600, 714_604_544, 367_525_888]),
            (4096, [524288, 2_290_614_272, 2_154_299_392, 2_663_907_328, 2_507_669_504, 470_286_336, 1_477_967_872]),
        ] as [(UInt32, [UInt32])])
    func `the sequence is that of Joe and Kuo`(_ index: UInt32, _ expected: [UInt32]) {
        let sequence = SobolSequence(dimensions: 161, seed: 0)
        #expect([0, 1, 2, 5, 40, 100, 160].map { sequence.integer(at: index, dimension: $0) } == expected)
    }

    @Test(arguments: [0, 1, 0xFFFF_FFFF_FFFF_FFFF] as [UInt64])
    func `each of 2^k equal parts of every dimension holds one of the first 2^k points`(_ seed: UInt64) {
        let sequence = SobolSequence(dimensions: 161, seed: seed)
        #expect(sequence.dimensions == 161)
        let points = (0..<128).map { sequence.point(at: $0) }
        for bits in 0...7 {
            let count = 1 << bits
            for dimension in 0..<161 {
                let parts = Set(points.prefix(count).map { Int($0[dimension] * Double(count)) })
                #expect(parts.count == count, "dimension \(dimension), \(count) points")
            }
        }
    }

    @Test func `the first two dimensions are stratified in every way of cutting the square`() {
        let sequence = SobolSequence(dimensions: 2, seed: 5)
        let points = (0..<256).map { sequence.point(at: $0) }
        for bits in 0...8 {
            let (columns, rows) = (Double(1 << bits), Double(1 << (8 - bits)))
            let cells = Set(points.map { Int($0[0] * columns) * 1000 + Int($0[1] * rows) })
            #expect(cells.count == 256)
        }
    }

    @Test func `integrals over many dimensions are nearer than with independent draws`() throws {
        // The mean of Π (1 + (x - 1/2) / 2) over the cube is 1.
        let names = (0..<12).map { "p\($0 + 10)" }
        let space = try SearchSpace.of(
            Dictionary(uniqueKeysWithValues: names.map { ($0, ["min": 0.0, "max": 1.0]) }))
        func error(_ method: any SearchMethod) -> Double {
            var history = SearchHistory()
            var sum = 0.0
            for _ in 0..<1024 {
                guard case .point(let point, _) = method.suggest(after: history) else { break }
                history.observations.append(Observation(point: point, status: .pending))
                sum += point.values.compactMap { $0?.number }.reduce(1) { $0 * (1 + ($1 - 0.5) / 2) }
            }
            return (sum / 1024 - 1) * (sum / 1024 - 1)
        }
        let seeds: [UInt64] = [1, 2, 3, 4, 5, 6]
        let sobol = try seeds.map { error(try Sobol(space: space, seed: $0)) }.reduce(0, +)
        let random = try seeds.map { error(try RandomSearch(space: space, seed: $0)) }.reduce(0, +)
        #expect(sobol * 20 < random)
    }

    @Test func `beyond its dimensions the coordinates are drawn, and the index may be any`() {
        #expect(SobolSequence(dimensions: 1000, seed: 1).dimensions == 161)
        let sequence = SobolSequence(dimensions: 3, seed: 1)
        for index in [0, 1 << 32, .max] {
            #expect(sequence.point(at: index).allSatisfy { $0 > 0 && $0 < 1 })
        }
        #expect(sequence.point(at: 0) != sequence.point(at: 1 << 32))
    }
}
