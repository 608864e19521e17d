package import SweepModel

/// Independent draws from the laws, as W&B's `random`: without end, and without regard to repetitions.
///
/// Suggestion k depends on the seed and on k alone.
package struct RandomSearch: SearchMethod {
    package static let name = "random"

    private let cube: SearchCube
    private let seed: UInt64

    package init(problem: SearchProblem) throws(SweepError) {
        cube = SearchCube(problem.space)
        seed = problem.seed
    }

    package var size: Int? { nil }

    package func suggest(after history: SearchHistory) -> Suggestion {
        var random = SeededRandom(seed: seed, index: history.observations.count)
        return .point(cube.point(at: (0..<cube.dimensionCount).map { _ in random.nextUnit() }))
    }
}
