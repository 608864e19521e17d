import Glibc
import SweepModel

/// What a curve will reach by its last step: a mixture of normal distributions.
///
/// An ensemble of shapes (powers of the step, exponentials, the logarithm), as in T. Domhan and others, "Speeding up
/// Automatic Hyperparameter Optimization of Deep Neural Networks by Extrapolation of Learning Curves" (IJCAI 2015), but
/// each shape enters linearly: y(s) = now - gain · g(s), with g scaled to 0 at the newest step and to 1 at the last. So
/// the posterior of (now, gain) is normal in closed form for each shape and noise level, weighted by its evidence, and
/// no chain has to be run. What other trials still gained from that step on is the prior of `gain`.
struct CurveForecast: Sendable {
    struct Component: Sendable {
        var weight: Double
        var mean: Double
        var deviation: Double
    }

    /// The prior of what a trial still gains (positive: it gets better), in the costs' units.
    struct Prior: Sendable {
        var gain: Double
        var gainDeviation: Double
        /// The size of differences between trials: the unit of noise.
        var spread: Double
    }

    private(set) var components: [Component] = []

    /// Of a curve with `costs` at `steps` (ascending, positive), at `last`, a later step.
    init(steps: [Double], costs: [Double], last: Double, prior: Prior) {
        guard let newest = steps.last, let now = costs.last, newest > 0, last > newest, prior.spread > 0 else { return }
        var evidences: [Double] = []
        for shape in Shape.all(upTo: last) {
            let future = shape(newest) - shape(last)
            guard future > 1e-9 * abs(shape(newest)), future.isFinite else { continue }
            // g is 0 now and grows with the future; it is negative in the past.
            let regressors = steps.map { (shape(newest) - shape($0)) / future }
            guard regressors.allSatisfy({ $0.isFinite && abs($0) < 1e6 }) else { continue }
            for level in [0.01, 0.03, 0.1, 0.3] {
                let fit = Self.fit(
                    regressors: regressors, weights: steps.map { $0 / newest }, costs: costs, now: now,
                    noise: level * prior.spread, prior: prior)
                guard fit.evidence.isFinite, fit.component.deviation.isFinite else { continue }
                evidences.append(fit.evidence)
                components.append(fit.component)
            }
        }
        let top = evidences.max() ?? 0
        let weights = evidences.map { exp($0 - top) }
        let total = weights.reduce(0, +)
        for index in components.indices { components[index].weight = (1 - Self.doubt) * weights[index] / total }
        components.append(
            Component(
                weight: components.isEmpty ? 1 : Self.doubt, mean: now - prior.gain, deviation: prior.gainDeviation))
    }

    /// How much the shapes are doubted: so much of the forecast is what other trials gained, whatever this curve looks
    /// like. A learning rate that is lowered at the end bends curves as no shape here does.
    static let doubt = 0.1

    var mean: Double { components.reduce(0) { $0 + $1.weight * $1.mean } }

    var deviation: Double {
        let mean = mean
        let square = components.reduce(0) { sum, part in
            sum + part.weight * (part.deviation * part.deviation + (part.mean - mean) * (part.mean - mean))
        }
        return square.squareRoot()
    }

    /// The chance that the curve ends below `cost`.
    func chance(below cost: Double) -> Double {
        components.reduce(0) { sum, part in
            sum + part.weight * 0.5 * erfc((part.mean - cost) / (part.deviation * 2.0.squareRoot()))
        }
    }

    /// A decreasing function of the step.
    private enum Shape {
        case power(Double)
        case exponential(Double)
        case logarithm

        static func all(upTo last: Double) -> [Shape] {
            [.logarithm] + [0.3, 0.7, 1.5].map(Shape.power)
                + [0.07, 0.2, 0.6].map { .exponential($0 * last) }
        }

        func callAsFunction(_ step: Double) -> Double {
            switch self {
            case .power(let exponent): pow(step, -exponent)
            case .exponential(let scale): exp(-step / scale)
            case .logarithm: -log(step)
            }
        }
    }

    /// Weighted Bayesian regression of costs on (1, -g): the normal posterior of now - gain, and the log evidence.
    private static func fit(
        regressors: [Double], weights: [Double], costs: [Double], now: Double, noise: Double, prior: Prior
    ) -> (component: Component, evidence: Double) {
        let precision = 1 / (noise * noise)
        // Of (now, gain), around their prior means.
        var p11 = 1 / (prior.spread * prior.spread)
        var p12 = 0.0
        var p22 = 1 / (prior.gainDeviation * prior.gainDeviation)
        let priorDeterminant = p11 * p22
        var (b1, b2) = (0.0, 0.0)
        var squares = 0.0
        var logWeights = 0.0
        for index in regressors.indices {
            let w = weights[index] * precision
            let g = regressors[index]
            let residual = costs[index] - now + prior.gain * g
            p11 += w
            p12 -= w * g
            p22 += w * g * g
            b1 += w * residual
            b2 -= w * g * residual
            squares += w * residual * residual
            logWeights += log(w)
        }
        let determinant = p11 * p22 - p12 * p12
        let m1 = (p22 * b1 - p12 * b2) / determinant
        let m2 = (p11 * b2 - p12 * b1) / determinant
        // The end is now - gain.
        let variance = (p22 + 2 * p12 + p11) / determinant
        let evidence = 0.5 * (logWeights + log(priorDeterminant) - log(determinant) - squares + m1 * b1 + m2 * b2)
        return (
            Component(
                weight: 0, mean: now + m1 - prior.gain - m2,
                deviation: (max(variance, 0) + noise * noise).squareRoot()),
            evidence
        )
    }
}

extension CurveForecast.Prior {
    /// What the curves of `book` beside `trial`'s gained after `step`, scaled to `last` by the logarithm of the step.
    /// Curves that stood near `now` at that step count most. All on `scale`.
    init?(
        of book: CurveBook, beside trial: Int, from step: Double, now: Double, to last: Double, scale: RegretScale
    ) {
        var bests: [Double] = []
        var gains: [(gain: Double, weight: Double)] = []
        for (other, curve) in book.curves {
            guard let end = curve.points.last else { continue }
            let reached = scale(book.cost(end.best))
            bests.append(reached)
            guard other != trial, end.step > step * 1.25, let start = curve.point(upTo: step) else { continue }
            let from = scale(book.cost(start.best))
            let share = min(1, log(end.step / step) / log(last / step))
            gains.append(((from - reached) / share, exp(-(from - now) * (from - now) / 2) + 0.02))
        }
        bests.sort()
        guard bests.count > 1 else { return nil }
        // Failures far off must not blow the unit up: the better half tells it.
        let spread = bests[bests.count / 2] - bests[0]
        guard spread > 0, spread.isFinite else { return nil }
        // Two imagined trials that gained a little keep the estimate sound while there are few.
        let typical = 0.3 * spread
        // The same sum whatever the order of the dictionary.
        gains.sort { ($0.gain, $0.weight) < ($1.gain, $1.weight) }
        let total = gains.reduce(2) { $0 + $1.weight }
        let mean = gains.reduce(2 * typical) { $0 + $1.weight * $1.gain } / total
        let squares = gains.reduce(0) { $0 + $1.weight * ($1.gain - mean) * ($1.gain - mean) }
        self.spread = spread
        gain = mean
        gainDeviation = ((squares + 2 * (0.5 * spread) * (0.5 * spread)) / total).squareRoot()
    }
}
