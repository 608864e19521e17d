import SweepModel

/// Histograms over time, as `wandb.watch` and TensorBoard write them, out of the lines of an attempt's `details.jsonl`: of
/// each name evenly thinned steps, and their counts on bins that all steps have in common.
struct HistogramSet: LineReading {
    /// Of the file; what an agent sends is not longer.
    static let longestFile = 64 << 20
    static let bins = 40
    /// Steps of a name: half as many to so many.
    static let mostSteps = 120
    private static let mostNames = 2000
    static let longestLine = 2 * RunDetail.maximumSize

    fileprivate struct Series: Sendable {
        var stride = 1
        var seen = 0
        var kept: [(step: Int, json: String)] = []
    }

    /// In the order in which they came, which is that of the layers.
    private var names: [String] = []
    private var series: [String: Series] = [:]
    private let most: Int
    private let find: String?

    /// - Parameters:
    ///   - most: names whose histograms are kept; all are counted.
    ///   - find: only names that contain it, in any case.
    init(most: Int, find: String? = nil) {
        self.most = most
        self.find = find?.lowercased()
    }

    mutating func take(line: ArraySlice<UInt8>) {
        guard let detail = try? JSONCoding.decode(RunDetail.self, from: Array(line)),
            detail.kind == "histogram", find.map({ detail.name.lowercased().contains($0) }) ?? true
        else { return }
        if series[detail.name] == nil {
            guard names.count < Self.mostNames else { return }
            names.append(detail.name)
        }
        let isShown = names.prefix(most).contains(detail.name)
        series[detail.name, default: Series()].take(detail, isShown)
    }

    func write(into json: inout JSONBytes) {
        json.array("names") { json in
            for name in names {
                json.object { json in
                    json.member("name", name)
                    json.member("count", series[name]?.seen)
                }
            }
        }
        json.array("histograms") { json in
            for name in names.prefix(most) {
                let kept = series[name]?.kept ?? []
                let parsed = kept.compactMap { entry in Histogram(entry.json).map { (entry.step, $0) } }
                guard let low = parsed.map(\.1.low).min(), let high = parsed.map(\.1.high).max() else { continue }
                json.object { json in
                    json.member("name", name)
                    json.member("low", low)
                    json.member("high", high)
                    json.members("steps", parsed.map(\.0))
                    json.array("shares") { json in
                        for (_, histogram) in parsed {
                            let shares = histogram.shares(low, high, Self.bins)
                            json.array { json in for share in shares { json.value((share * 1e4).rounded() / 1e4) } }
                        }
                    }
                }
            }
        }
    }
}

extension HistogramSet.Series {
    fileprivate mutating func take(_ detail: RunDetail, _ isShown: Bool) {
        defer { seen += 1 }
        guard isShown, seen % stride == 0 else { return }
        kept.append((detail.step ?? seen, detail.json))
        guard kept.count > HistogramSet.mostSteps else { return }
        stride *= 2
        kept = kept.indices.filter { $0 % 2 == 0 }.map { kept[$0] }
    }
}

/// `{"bins": [n + 1 edges], "values": [n counts]}`, or with `"packedBins": {"min", "size", "count"}` for even bins.
struct Histogram: Sendable {
    private static let mostBins = 2048

    private let edges: [Double]
    private let counts: [Double]

    var low: Double { edges[0] }
    var high: Double { edges[edges.count - 1] }

    /// nil: it is none, or holds numbers that cannot be drawn.
    init?(_ json: String) {
        guard let value = try? JSONParser.parse(Array(json.utf8)), case .list(let values)? = value["values"],
            !values.isEmpty, values.count <= Self.mostBins
        else { return nil }
        let counts = values.compactMap(\.number)
        var edges: [Double] = []
        if case .list(let bins)? = value["bins"] {
            edges = bins.compactMap(\.number)
        } else if let packed = value["packedBins"], let least = packed["min"]?.number, let size = packed["size"]?.number
        {
            edges = (0...counts.count).map { least + Double($0) * size }
        }
        guard edges.count == counts.count + 1, counts.count == values.count, edges.allSatisfy(\.isFinite),
            (edges[edges.count - 1] - edges[0]).isFinite, counts.allSatisfy({ $0.isFinite && $0 >= 0 }),
            zip(edges, edges.dropFirst()).allSatisfy({ $0 <= $1 })
        else { return nil }
        (self.edges, self.counts) = (edges, counts)
    }

    /// The share of values in each of `bins` even bins from `low` to `high`; a bin's values lie evenly in it.
    func shares(_ low: Double, _ high: Double, _ bins: Int) -> [Double] {
        let total = counts.reduce(0, +)
        var shares = Array(repeating: 0.0, count: bins)
        guard total > 0, total.isFinite else { return shares }
        /// Where a value lies, in bins.
        func place(_ value: Double) -> Double {
            high > low ? min(Double(bins), max(0, (value - low) / (high - low) * Double(bins))) : 0.5
        }
        for (index, count) in counts.enumerated() where count > 0 {
            let (from, to) = (place(edges[index]), place(edges[index + 1]))
            let first = min(bins - 1, Int(from))
            guard to > from else {
                shares[first] += count / total
                continue
            }
            for bin in first...min(bins - 1, Int(to)) {
                let overlap = min(to, Double(bin + 1)) - max(from, Double(bin))
                if overlap > 0 { shares[bin] += count / total * overlap / (to - from) }
            }
        }
        return shares
    }
}
