import Glibc

/// Costs (less is better) on a scale on which what separates good trials counts as much as what separates bad ones: the
/// logarithm of the distance to the best, log(1 + (cost - best) / unit), and straight on below it.
///
/// Values on the way of a training spread over decades (an error of 0.9 after the first epoch, 0.02 and 0.021 at the
/// end). On their own scale neither a curve's future nor a surface's shape near the best can be told from noise.
struct RegretScale: Sendable {
    let best: Double
    /// Up to which distance from the best the scale is about linear.
    let unit: Double

    /// - Parameters:
    ///   - costs: the best of each trial.
    ///   - firsts: what each trial began with. They tell how large differences are at all: where most trials stand on a
    ///     plateau, what separates them there is nothing.
    init(_ costs: [Double], firsts: [Double]) {
        let sorted = costs.filter(\.isFinite).sorted()
        let best = sorted.first ?? 0
        self.best = best
        // Half of each first: the difference of two huge numbers is finite then.
        func distance(_ cost: Double) -> Double { (cost / 2 - best / 2) * 2 }
        guard sorted.count > 1 else {
            unit = max(abs(best) * 1e-3, 1e-300)
            return
        }
        let begun = firsts.filter(\.isFinite).sorted()
        let gross = begun.isEmpty ? 0 : distance(begun[begun.count / 2])
        let near = distance(sorted[(sorted.count - 1) / 4])
        let far = distance(sorted[sorted.count / 2])
        let chosen = max(near, 0.02 * far, 0.02 * gross) / 3
        unit = chosen > 0 && chosen.isFinite ? chosen : max(abs(best) * 1e-9, 1e-300)
    }

    func callAsFunction(_ cost: Double) -> Double {
        let distance = (cost / 2 - best / 2) / unit * 2
        guard distance.isFinite else { return distance > 0 ? 710 : -1e6 }
        return distance > 0 ? log1p(distance) : max(distance, -1e6)
    }

    /// The cost at `value` of the scale.
    func inverse(_ value: Double) -> Double {
        best + unit * (value > 0 ? expm1(min(value, 700)) : value)
    }

    /// The derivative at `cost`.
    func slope(at cost: Double) -> Double {
        let distance = (cost / 2 - best / 2) / unit * 2
        return distance > 0 ? 1 / (unit * (1 + distance)) : 1 / unit
    }
}

extension CurveBook {
    /// The scale of what the trials have reached so far.
    func regretScale() -> RegretScale {
        RegretScale(
            curves.values.compactMap { curve in curve.points.last.map { cost($0.best) } },
            firsts: curves.values.compactMap { curve in curve.points.first.map { cost($0.value) } })
    }
}
