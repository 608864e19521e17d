import SweepModel

/// Keeps a method from proposing a point of a discrete space twice, and tells when all were proposed.
struct Novelty: Sendable {
    private let encoding: SpaceEncoding
    /// The number of points, where there is one.
    let size: Int?
    private let problem: SearchProblem
    private let cube: SearchCube

    init(_ encoding: SpaceEncoding, problem: SearchProblem) {
        self.encoding = encoding
        self.problem = problem
        cube = SearchCube(encoding.space)
        size = encoding.space.size.exactCount
    }

    /// The first of `points` that was not proposed before, else one at random that was not; the first in a space with a
    /// continuum.
    func suggestion(
        _ points: [Point], after history: SearchHistory, _ random: inout SeededRandom, note: SuggestionNote
    ) -> Suggestion {
        let allowed = problem.excluded.isEmpty ? points : points.filter { !problem.isExcluded($0) }
        let points = allowed.isEmpty ? points : allowed
        guard let first = points.first else { return .exhausted }
        guard size != nil || encoding.isDiscrete else { return .point(first, note) }
        var fresh = Set(points)
        for observation in history.observations where fresh.contains(observation.point) {
            fresh.remove(observation.point)
        }
        if problem.isChanged || history.observations.count < size ?? .max,
            let point = points.first(where: { fresh.contains($0) && !problem.isExcluded($0) })
        {
            return .point(point, note)
        }
        let known = history.observations.lazy.map(\.point).filter { !problem.isChanged || cube.contains($0) }
        return unseen(Set(known.map(PointIdentity.init)), &random, last: first)
    }

    /// The point may be proposed: it was not yet, and lies in no excluded part.
    func isOpen(_ point: Point, _ seen: Set<PointIdentity>) -> Bool {
        !seen.contains(PointIdentity(point)) && !problem.isExcluded(point)
    }

    /// Any point that was not proposed yet.
    ///
    /// - Parameter last: what to propose in a space with a continuum of which all draws are known or excluded.
    func unseen(
        _ seen: Set<PointIdentity>, _ random: inout SeededRandom, last: Point? = nil,
        note: SuggestionNote = SuggestionNote(origin: "a point not tried yet")
    ) -> Suggestion {
        if let size, seen.count >= size { return .exhausted }
        var last = last
        for _ in 0..<2000 {
            let point = encoding.point(
                of: encoding.dimensions.indices.map { encoding.coordinate(at: random.nextUnit(), of: $0) })
            if isOpen(point, seen) { return .point(point, note) }
            last = last ?? point
        }
        // Nearly all are known: the next one in their order, from anywhere. An excluded part may be of any size.
        if let points = SpacePoints(encoding), problem.excluded.isEmpty || points.count <= 1_000_000 {
            let offset = Int.random(in: 0..<max(points.count, 1), using: &random)
            for rank in 0..<points.count {
                let point = points.point(at: (rank + offset) % points.count)
                if isOpen(point, seen) { return .point(point, note) }
            }
            return .exhausted
        }
        // A space that cannot be counted, and 2000 draws that are all known.
        guard let last, !encoding.isDiscrete else { return .exhausted }
        return .point(last, note)
    }
}
