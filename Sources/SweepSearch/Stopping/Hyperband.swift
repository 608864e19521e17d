package import SweepModel

/// W&B's `hyperband`, which is a quantile rule on bands: `hyperband_stop_runs` of its open engine (wandb/sweeps).
///
/// A trial's iteration is how many times it reported the metric, whatever its step. Its value at the last band that it
/// has reached (`strict`), or its best so far, must not be worse than the 1/eta quantile of all trials' values at that
/// band. As in W&B's engine the comparison is made again whenever a trial reports, so that one which was among the best
/// when it passed a band can still fall behind it.
package struct Hyperband: StoppingRule {
    package static let name = "hyperband"

    package static let keys = [
        StoppingKey("min_iter", .count), StoppingKey("max_iter", .count), StoppingKey("s", .count),
        StoppingKey("eta", .number(above: 1)), StoppingKey("strict", .flag),
    ]

    /// The iterations at which trials are compared, ascending.
    package let bands: [Int]
    private let quantile: Double
    private let isStrict: Bool

    package init(problem: StoppingProblem) throws(SweepError) {
        try problem.check(Self.keys, of: Self.name)
        let eta = problem.number("eta") ?? 3
        quantile = 1 / eta
        isStrict = problem.flag("strict") ?? true
        let minimum = problem.whole("min_iter")
        switch (minimum, problem.whole("max_iter"), problem.whole("s")) {
        case (_, let maximum?, let count?):
            bands = Self.bands(below: maximum, eta: eta, count: count)
            guard !bands.isEmpty else {
                throw SweepError(
                    .usage, "'max_iter' \(maximum) is below eta, so there is no band to stop at",
                    remedy: "give a larger 'max_iter'")
            }
        case (let minimum?, _, _): bands = Self.bands(from: minimum, eta: eta)
        case (nil, .some, nil):
            throw SweepError(.usage, "hyperband needs 's' beside 'max_iter'", remedy: "add 's: 2'")
        case (nil, nil, _):
            throw SweepError(
                .usage, "hyperband needs 'min_iter', or 'max_iter' and 's'", remedy: "add 'min_iter: 3'")
        }
    }

    package static func cautions(of settings: [String: ParameterValue]) -> [SweepError] {
        switch (settings["min_iter"] != nil, settings["max_iter"] != nil, settings["s"] != nil) {
        case (true, true, false):
            [
                SweepError(
                    .usage, "hyperband uses 'max_iter' only together with 's'; 'min_iter' alone counts",
                    remedy: "add 's: 2', or take 'max_iter' away")
            ]
        case (true, true, true):
            [
                SweepError(
                    .usage, "hyperband takes 'max_iter' and 's', so 'min_iter' has no effect",
                    remedy: "give 'min_iter', or 'max_iter' and 's'")
            ]
        case (true, false, true):
            [
                SweepError(
                    .usage, "'s' has no effect without 'max_iter'", remedy: "take 's' away, or add 'max_iter'")
            ]
        default: []
        }
    }

    /// int(max_iter / eta^k) for k = 1…s, as long as the quotient is at least 1.
    private static func bands(below maximum: Int, eta: Double, count: Int) -> [Int] {
        var bands: [Int] = []
        var power = 1.0
        for _ in 0..<min(count, 10_000) {
            power *= eta
            let band = Double(maximum) / power
            guard band >= 1 else { break }
            bands.append(Int(band))
        }
        return distinct(bands.reversed())
    }

    /// int(min_iter · eta^k) for k = 0…99, as far as a trial can count.
    private static func bands(from minimum: Int, eta: Double) -> [Int] {
        distinct(
            (0..<100).map { Double(minimum) * power(eta, $0) }.prefix { $0 < 0x1p62 }.map { Int($0) })
    }

    private static func distinct(_ bands: [Int]) -> [Int] {
        bands.reduce(into: []) { distinct, band in if distinct.last != band { distinct.append(band) } }
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { product, _ in product * base }
    }

    package var marks: [Int] { bands }

    package func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        guard let curve = book[trial], let newest = curve.points.last else { return .goOn }
        let reached = bands.partitionIndex { $0 > newest.report }
        guard reached > 0 else { return .goOn }
        let band = bands[reached - 1]
        var values: [(trial: Int, cost: Double)] = []
        for (other, curve) in book.curves {
            if let point = curve.point(ofReport: band) { values.append((other, book.cost(point.value))) }
        }
        let value: Double
        if isStrict {
            guard let point = curve.point(ofReport: band) else { return .goOn }
            value = point.value
        } else {
            value = newest.best
        }
        values.sort { ($0.cost, $0.trial) < ($1.cost, $1.trial) }
        let index = Int(quantile * Double(values.count))
        guard index < values.count, book.cost(value) > values[index].cost else { return .goOn }
        return .stop(
            StoppingNote(
                rule: Self.name, rung: Double(band), value: value,
                threshold: book.goal == .minimize ? values[index].cost : -values[index].cost,
                neighbours: values.lazy.map(\.trial).filter { $0 != trial }.prefix(10).map { $0 },
                remark: "\(isStrict ? "its value" : "its best so far") at report \(band) of \(values.count) trials'"))
    }
}
