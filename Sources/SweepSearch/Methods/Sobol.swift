package import SweepModel

/// A scrambled Sobol sequence: draws that fill the space more evenly than `random`, without end.
///
/// The first 161 dimensions (W&B's order, constants apart) come from the sequence; the ones after them are drawn
/// independently. The seed chooses the scrambling.
package struct Sobol: SearchMethod {
    package static let name = "sobol"

    private let cube: SearchCube
    private let sequence: SobolSequence
    private let seed: UInt64

    package init(problem: SearchProblem) throws(SweepError) {
        cube = SearchCube(problem.space)
        seed = problem.seed
        sequence = SobolSequence(dimensions: cube.dimensionCount, seed: seed)
    }

    package var size: Int? { nil }

    package func suggest(after history: SearchHistory) -> Suggestion {
        let index = history.observations.count
        var coordinates = sequence.point(at: index)
        var random = SeededRandom(seed: ~seed, index: index)
        while coordinates.count < cube.dimensionCount { coordinates.append(random.nextUnit()) }
        return .point(cube.point(at: coordinates))
    }
}
