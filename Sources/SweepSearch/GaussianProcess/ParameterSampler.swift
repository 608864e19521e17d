import Glibc

/// Draws kernel parameters in proportion to their density: the model's own doubt about what matters, of which the most
/// likely parameters alone know nothing.
///
/// Hamiltonian Monte Carlo (R. Neal, "MCMC using Hamiltonian dynamics", 2011), begun at the most likely parameters, with
/// reflection at the bounds.
struct ParameterSampler {
    var steps = 4
    var stepSize = 0.22
    /// Trajectories for one draw.
    var thinning = 1

    /// - Returns: `count` vectors, each after the one before it.
    func draws(
        _ count: Int, from start: [Double], lower: [Double], upper: [Double], random: inout SeededRandom,
        _ function: (_ point: [Double], _ gradient: inout [Double]) -> Double
    ) -> [[Double]] {
        var point = start
        var gradient = [Double](repeating: 0, count: start.count)
        var value = function(point, &gradient)
        guard value.isFinite else { return [] }
        var draws: [[Double]] = []
        for _ in 0..<count {
            for _ in 0..<thinning {
                let momentum = start.map { _ in NormalLaw.quantile(random.nextUnit()) }
                let accept = random.nextUnit()
                let jitter = stepSize * (0.6 + 0.8 * random.nextUnit())
                var (next, nextGradient, speed) = (point, gradient, momentum)
                var nextValue = value
                for _ in 0..<steps {
                    for index in next.indices {
                        speed[index] -= jitter / 2 * nextGradient[index]
                        next[index] += jitter * speed[index]
                        if next[index] < lower[index] {
                            next[index] = min(2 * lower[index] - next[index], upper[index])
                            speed[index] = -speed[index]
                        } else if next[index] > upper[index] {
                            next[index] = max(2 * upper[index] - next[index], lower[index])
                            speed[index] = -speed[index]
                        }
                    }
                    nextValue = function(next, &nextGradient)
                    guard nextValue.isFinite else { break }
                    for index in next.indices { speed[index] -= jitter / 2 * nextGradient[index] }
                }
                guard nextValue.isFinite else { continue }
                let before = value + momentum.reduce(0) { $0 + $1 * $1 } / 2
                let after = nextValue + speed.reduce(0) { $0 + $1 * $1 } / 2
                if log(accept) < before - after { (point, gradient, value) = (next, nextGradient, nextValue) }
            }
            draws.append(point)
        }
        return draws
    }
}
