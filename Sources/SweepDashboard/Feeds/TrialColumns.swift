import SweepModel
import SweepStore

/// The trials of one sweep, a column each fact: what every chart and table of the sweep page is made of.
///
/// In memory while somebody looks at the sweep, so that an answer costs no reading and no parsing of 50,000 rows.
struct TrialColumns: Sendable {
    /// Columns of metrics that are kept; a sweep may report 10,000 names.
    static let maximumMetrics = 200

    /// Ascending.
    private(set) var numbers: [Int] = []
    private(set) var states: [TrialState] = []
    private(set) var objectives: [Double?] = []
    private(set) var steps: [Int?] = []
    private(set) var attempts: [Int] = []
    private(set) var points: [Int] = []
    private(set) var started: [Timestamp?] = []
    private(set) var ended: [Timestamp?] = []
    private(set) var slots: [String?] = []
    private(set) var reasons: [String?] = []
    private(set) var exits: [Int?] = []
    private(set) var parameters: [ValueColumn] = []
    private(set) var metrics: [ValueColumn] = []
    /// Names of metrics that have no column.
    private(set) var hiddenMetrics: Set<String> = []
    private var parameterPlaces: [String: Int] = [:]
    private var metricPlaces: [String: Int] = [:]

    var count: Int { numbers.count }

    /// Where the trial stands; nil: not here.
    func index(of number: Int) -> Int? {
        // Numbers have no holes, but for what was written by hand.
        let guess = number - (numbers.first ?? 1)
        if numbers.indices.contains(guess), numbers[guess] == number { return guess }
        let place = numbers.partitioningIndex { $0 >= number }
        return place < numbers.count && numbers[place] == number ? place : nil
    }

    mutating func set(_ trial: TrialSnapshot) {
        let progress = trial.progress
        guard let index = place(for: progress.id.number) else { return }
        states[index] = progress.state
        objectives[index] = progress.objective
        steps[index] = progress.step
        attempts[index] = progress.attempt
        points[index] = trial.record.point
        started[index] = progress.started
        ended[index] = progress.ended
        slots[index] = trial.agentName.map { "\($0)\(trial.slot.map { ":\($0)" } ?? "")" }
        reasons[index] = progress.reason
        exits[index] = trial.exit
        set(parameters: trial.record.parameters, at: index, prefix: "")
        let values = progress.metrics ?? [:]
        // New ones by name: a dictionary's order is another one each time.
        for name in values.keys.filter({ metricPlaces[$0] == nil }).sorted() { addMetric(name) }
        for (name, value) in values {
            guard let column = metricPlaces[name] else { continue }
            metrics[column].set(.double(value), at: index)
        }
    }

    private mutating func set(parameters members: Parameters, at index: Int, prefix: String) {
        for member in members {
            let name = prefix + member.key
            if case .object(let inner) = member.value, !inner.isEmpty, prefix.utf8.count < 200 {
                set(parameters: inner, at: index, prefix: name + ".")
                continue
            }
            if let column = parameterPlaces[name] {
                parameters[column].set(member.value, at: index)
            } else {
                parameterPlaces[name] = parameters.count
                var column = ValueColumn(name: name, count: count)
                column.set(member.value, at: index)
                parameters.append(column)
            }
        }
    }

    private mutating func addMetric(_ name: String) {
        guard metrics.count < Self.maximumMetrics else {
            if hiddenMetrics.count < 10_000 { hiddenMetrics.insert(name) }
            return
        }
        metricPlaces[name] = metrics.count
        metrics.append(ValueColumn(name: name, count: count))
    }

    private mutating func place(for number: Int) -> Int? {
        if let index = index(of: number) {
            for column in metrics.indices { metrics[column].clear(at: index) }
            return index
        }
        // New trials have the highest number, and rows are read in order: in between is nothing to insert.
        guard number > numbers.last ?? 0 else { return nil }
        numbers.append(number)
        states.append(.waiting)
        objectives.append(nil)
        steps.append(nil)
        attempts.append(0)
        points.append(number)
        started.append(nil)
        ended.append(nil)
        slots.append(nil)
        reasons.append(nil)
        exits.append(nil)
        for column in parameters.indices { parameters[column].append() }
        for column in metrics.indices { metrics[column].append() }
        return numbers.count - 1
    }

    func value(ofParameter name: String, at index: Int) -> ParameterValue {
        parameterPlaces[name].map { parameters[$0].value(at: index) } ?? .null
    }
}

extension Array {
    /// The first index for which `isAfter` holds, where it holds for all after it.
    func partitioningIndex(_ isAfter: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
