import SweepModel

extension TrialColumns {
    /// Spearman's rank correlation of a parameter's numbers with the objective over the trials that ended with a value;
    /// nil for anything but numbers, and for fewer than 8.
    func rankCorrelation(of parameter: String) -> Double? {
        guard let column = parameters.first(where: { $0.name == parameter }) else { return nil }
        var pairs: [(x: Double, y: Double)] = []
        for index in numbers.indices where states[index] == .completed || states[index] == .pruned {
            guard let y = objectives[index], y.isFinite else { continue }
            switch column.values[index] {
            case .number(let x): if x.isFinite { pairs.append((x, y)) }
            case .text: return nil
            case .missing: continue
            }
        }
        guard pairs.count >= 8 else { return nil }
        return Self.correlation(Self.ranks(pairs.map(\.x)), Self.ranks(pairs.map(\.y)))
    }

    /// Equal values share the mean of their places.
    private static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
            start = end
        }
        return ranks
    }

    private static func correlation(_ a: [Double], _ b: [Double]) -> Double? {
        let mean = Double(a.count + 1) / 2
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            ab += (x - mean) * (y - mean)
            aa += (x - mean) * (x - mean)
            bb += (y - mean) * (y - mean)
        }
        return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : nil
    }
}
