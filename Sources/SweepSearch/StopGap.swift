/// Points for slots that cannot wait for a slow method: independent draws from the laws, none twice where the space is finite.
package struct StopGap: Sendable {
    /// Draws until one is new. A space in which all of them were suggested before is nearly used up: then there is none.
    private static let tries = 32

    private let cube: SearchCube
    private let seed: UInt64
    private let isFinite: Bool
    private let excluded: [Region]

    package init(space: SearchSpace, seed: UInt64, excluded: [Region] = []) {
        self.excluded = excluded
        cube = SearchCube(space)
        self.seed = seed
        isFinite = space.size != .infinite
    }

    /// - Returns: the same for the same history; nil when no new point was found.
    package func point(after history: SearchHistory) -> Point? {
        // A stream of its own: the method itself may have used that of `random`.
        var random = SeededRandom(seed: ~seed &+ 0x5742, index: history.observations.count)
        guard isFinite else {
            for _ in 0..<Self.tries {
                let point = draw(&random)
                if !excluded.contain(point) { return point }
            }
            return nil
        }
        let known = Set(history.observations.lazy.map { Self.identity($0.point) })
        for _ in 0..<Self.tries {
            let point = draw(&random)
            if !known.contains(Self.identity(point)), !excluded.contain(point) { return point }
        }
        return nil
    }

    private func draw(_ random: inout SeededRandom) -> Point {
        cube.point(at: (0..<cube.dimensionCount).map { _ in random.nextUnit() })
    }

    private static func identity(_ point: Point) -> [ValueIdentity?] { point.values.map { $0.map(ValueIdentity.init) } }
}

extension Point {
    /// Whether a script would be given the same.
    package func isSame(as other: Point) -> Bool {
        values.count == other.values.count
            && zip(values, other.values).allSatisfy { a, b in
                a.map(ValueIdentity.init) == b.map(ValueIdentity.init)
            }
    }
}
