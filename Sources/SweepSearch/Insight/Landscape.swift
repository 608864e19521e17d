package import SweepModel

/// What a model of the trials expects along each parameter, and over two of them, with all others as in the best trial:
/// the curves of slices, the heights of a contour.
package struct Landscape: Sendable, Hashable, Codable {
    /// One parameter: what the objective is expected to be at some of its values, and between which limits the function
    /// lies with 95 %. nil where the model has no finite value.
    package struct Slice: Sendable, Hashable, Codable {
        package var name: String
        package var at: [ParameterValue]
        package var mean: [Double?]
        package var low: [Double?]
        package var high: [Double?]
    }

    /// Two parameters: a row of `mean` for each of `up`, with a column for each of `across`.
    package struct Contour: Sendable, Hashable, Codable {
        package var names: [String]
        package var across: [ParameterValue]
        package var up: [ParameterValue]
        package var mean: [[Double?]]
    }

    package var slices: [Slice]
    package var contour: Contour?
    /// How many trials it was learnt from.
    package var learntFrom: Int

    /// Most parameters that have a slice, and most places of one and of a contour's side.
    private static let mostSlices = 30
    private static let places = 40
    private static let side = 24

    /// - Parameter pair: the two parameters of the contour.
    /// - Returns: nil where no model can be made (see `Surrogate`), or no trial has a value.
    package init?(space: SearchSpace, history: SearchHistory, pair: (across: String, up: String)? = nil) {
        let encoding = SpaceEncoding(space)
        let sign = history.goal == .maximize ? -1.0 : 1.0
        let valued = history.observations.compactMap { observation in
            observation.status.value.flatMap { $0.isFinite ? (observation.point, sign * $0) : nil }
        }
        guard let best = valued.min(by: { $0.1 < $1.1 }),
            let surrogate = Surrogate(encoding: encoding, observations: history.observations, goal: history.goal)
        else { return nil }
        let center = encoding.raw(of: best.0).map { $0 ?? 0.5 }
        func expected(_ raws: [[Double]]) -> [(mean: Double?, low: Double?, high: Double?)] {
            surrogate.predict(raws.map { encoding.row(of: $0) }).map { mean, deviation in
                // A cost's lower end is a score's upper one.
                let ends = [mean - 1.96 * deviation, mean + 1.96 * deviation].map {
                    sign * surrogate.lesson.warp.inverse($0)
                }.sorted()
                return (
                    (sign * surrogate.lesson.warp.inverse(mean)).finite, ends[0].finite, ends[1].finite
                )
            }
        }
        func moved(_ changes: [(dimension: Int, to: Double)]) -> [Double] {
            var raw = center
            for change in changes { raw[change.dimension] = change.to }
            return raw
        }
        slices = encoding.dimensions.indices.prefix(Self.mostSlices).map { dimension in
            let steps = encoding.places(of: dimension, most: Self.places)
            let found = expected(steps.map { moved([(dimension, $0.raw)]) })
            return Slice(
                name: encoding.name(of: dimension), at: steps.map(\.value), mean: found.map(\.mean),
                low: found.map(\.low), high: found.map(\.high))
        }
        learntFrom = surrogate.lesson.rows.count
        guard let pair, pair.across != pair.up,
            let across = encoding.dimensions.indices.first(where: { encoding.name(of: $0) == pair.across }),
            let up = encoding.dimensions.indices.first(where: { encoding.name(of: $0) == pair.up })
        else { return }
        let (xs, ys) = (encoding.places(of: across, most: Self.side), encoding.places(of: up, most: Self.side))
        contour = Contour(
            names: [pair.across, pair.up], across: xs.map(\.value), up: ys.map(\.value),
            mean: ys.map { y in expected(xs.map { moved([(across, $0.raw), (up, y.raw)]) }).map(\.mean) })
    }
}

extension SpaceEncoding {
    /// Of a coupling the first parameter's.
    fileprivate func name(of dimension: Int) -> String { space.parameters[dimensions[dimension].members[0]].name }

    /// Evenly over the law: all levels where they are few, else quantiles.
    fileprivate func places(of dimension: Int, most: Int) -> [(raw: Double, value: ParameterValue)] {
        if let count = dimensions[dimension].levelCount, let values = dimensions[dimension].levels.first {
            return (0..<min(count, most)).map { step in
                let level = count <= most ? step : step * (count - 1) / (most - 1)
                return (coordinate(ofLevel: level, of: dimension), values[level])
            }
        }
        let law = space.parameters[dimensions[dimension].members[0]].distribution
        return (0..<most).map { step in
            // Without the ends, which a law over all numbers does not have.
            let place = min(max(Double(step) / Double(most - 1), 0.001), 0.999)
            return (place, law.value(at: place))
        }
    }
}
