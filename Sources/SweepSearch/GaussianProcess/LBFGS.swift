/// Minimises a smooth function within a box: limited-memory BFGS with projected steps.
///
/// J. Nocedal, S. Wright, "Numerical Optimization", 2nd edition, algorithm 7.4; the step is projected onto the box and
/// shortened until it brings enough (Bertsekas, "Projected Newton methods", 1982). A function that is not finite
/// somewhere is fine: such a step is shortened.
struct LBFGS {
    var iterations = 40
    /// Most evaluations of the function.
    var evaluations = 60
    /// Pairs of steps remembered.
    var memory = 8
    /// Ends when the largest component of the projected gradient is below this.
    var tolerance = 1e-4
    /// Ends when a step changes the value by less than this, relative to its size.
    var improvement = 1e-9
    /// The longest first step, in the largest component.
    var firstStep = 1.0

    struct Minimum {
        var point: [Double]
        var value: Double
        var evaluations: Int
    }

    /// - Parameter function: gives the value and writes the gradient.
    func minimize(
        from start: [Double], lower: [Double], upper: [Double],
        _ function: (_ point: [Double], _ gradient: inout [Double]) -> Double
    ) -> Minimum {
        let count = start.count
        func project(_ x: [Double]) -> [Double] {
            var x = x
            for index in 0..<count { x[index] = min(max(x[index], lower[index]), upper[index]) }
            return x
        }
        var x = project(start)
        var gradient = [Double](repeating: 0, count: count)
        var value = function(x, &gradient)
        var used = 1
        guard value.isFinite else { return Minimum(point: x, value: value, evaluations: used) }
        var pairs: [(s: [Double], y: [Double], rho: Double)] = []
        for _ in 0..<iterations where used < evaluations {
            // What cannot move is left out of the step.
            let isFree = (0..<count).map { index in
                !(x[index] <= lower[index] && gradient[index] > 0 || x[index] >= upper[index] && gradient[index] < 0)
            }
            let largest = (0..<count).reduce(0.0) { isFree[$1] ? max($0, abs(gradient[$1])) : $0 }
            if largest < tolerance { break }
            var direction = Self.direction(gradient, isFree: isFree, pairs: pairs)
            var slope = Self.dot(direction, gradient)
            if slope >= 0 {
                pairs = []
                direction = (0..<count).map { isFree[$0] ? -gradient[$0] : 0 }
                slope = Self.dot(direction, gradient)
            }
            var step = pairs.isEmpty ? min(1, firstStep / largest) : 1
            var next = x
            var nextGradient = gradient
            var nextValue = Double.infinity
            while used < evaluations {
                next = project((0..<count).map { x[$0] + step * direction[$0] })
                let decrease = (0..<count).reduce(0.0) { $0 + gradient[$1] * (next[$1] - x[$1]) }
                nextValue = function(next, &nextGradient)
                used += 1
                if nextValue.isFinite, nextValue <= value + 1e-4 * decrease { break }
                // The minimum of the parabola through what is known, within limits.
                let curve = 2 * (nextValue - value - step * slope)
                let wanted = nextValue.isFinite && curve > 0 ? -slope * step * step / curve : 0
                step = min(max(wanted, 0.1 * step), 0.5 * step)
                if step < 1e-12 { break }
            }
            guard nextValue.isFinite, nextValue < value else { break }
            let s = (0..<count).map { next[$0] - x[$0] }
            let y = (0..<count).map { nextGradient[$0] - gradient[$0] }
            let curvature = Self.dot(s, y)
            if curvature > 1e-12 * Self.dot(y, y) {
                pairs.append((s, y, 1 / curvature))
                if pairs.count > memory { pairs.removeFirst() }
            }
            let gain = value - nextValue
            (x, value, gradient) = (next, nextValue, nextGradient)
            if gain <= improvement * max(abs(value), 1) { break }
        }
        return Minimum(point: x, value: value, evaluations: used)
    }

    /// The two-loop recursion over the components that are free.
    private static func direction(
        _ gradient: [Double], isFree: [Bool], pairs: [(s: [Double], y: [Double], rho: Double)]
    ) -> [Double] {
        var q = gradient.indices.map { isFree[$0] ? gradient[$0] : 0 }
        var alphas: [Double] = []
        for pair in pairs.reversed() {
            let alpha = pair.rho * dot(pair.s, q)
            alphas.append(alpha)
            for index in q.indices { q[index] -= alpha * pair.y[index] }
        }
        if let last = pairs.last {
            let scale = 1 / (last.rho * dot(last.y, last.y))
            for index in q.indices { q[index] *= scale }
        }
        for (pair, alpha) in zip(pairs, alphas.reversed()) {
            let beta = pair.rho * dot(pair.y, q)
            for index in q.indices { q[index] += (alpha - beta) * pair.s[index] }
        }
        return q.indices.map { isFree[$0] ? -q[$0] : 0 }
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for index in a.indices { sum += a[index] * b[index] }
        return sum
    }
}
