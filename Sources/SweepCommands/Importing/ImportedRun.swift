import SweepModel
import SweepWire

/// A run that was found elsewhere.
struct ImportedRun {
    var name: String
    var parameters: Parameters = []
    var reports: [Report] = []
    var state = TrialState.completed
    var started: Timestamp?
    var ended: Timestamp?
    /// The last value of each metric.
    var last: [String: Double] = [:]

    mutating func add(_ report: Report) {
        reports.append(report)
        for (name, value) in report.metrics { last[name] = value }
    }

    mutating func setParameter(_ name: String, _ value: ParameterValue) {
        guard ImportedFile.isName(name) else { return }
        if let index = parameters.firstIndex(where: { $0.key == name }) {
            parameters[index].value = value
        } else if parameters.count < 1000 {
            parameters.append(.init(name, value))
        }
    }

    func trial(number: Int, objective: Objective?) -> ImportedTrial {
        let start = started ?? reports.first?.time ?? Timestamp(milliseconds: 0)
        let value = objective.flatMap { objective in self.value(of: objective) }
        return ImportedTrial(
            number: number, name: name, parameters: parameters, state: state, objective: value, metrics: last,
            started: start, ended: max(start, ended ?? reports.last?.time ?? start))
    }

    private func value(of objective: Objective) -> Double? {
        last[objective.metric].flatMap { $0.isFinite ? $0 : nil }
    }

    /// Its reports in messages that fit a line.
    var pages: [[Report]] {
        var pages: [[Report]] = []
        var page: [Report] = []
        var size = 0
        for report in reports {
            let cost = 64 + report.metrics.reduce(0) { $0 + 2 * $1.key.utf8.count + 32 }
            if size + cost > 400_000 || page.count >= 1000, !page.isEmpty {
                pages.append(page)
                (page, size) = ([], 0)
            }
            page.append(report)
            size += cost
        }
        if !page.isEmpty { pages.append(page) }
        return pages
    }
}
