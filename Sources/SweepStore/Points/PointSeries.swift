/// Points of one metric of one attempt, in the order in which they came: as many of each as there are points.
package struct PointSeries: Equatable, Sendable {
    /// Stands for "the script gave no step".
    package static let noStep = Int64.min

    /// The how-many-th report of its attempt brought the point, from 0.
    package var reports: [Int64] = []
    /// `noStep` where there is none.
    package var steps: [Int64] = []
    /// Milliseconds since 1970-01-01 UTC.
    package var times: [Int64] = []
    package var values: [Double] = []

    package init() {}

    package var count: Int { values.count }

    package mutating func append(report: Int64, step: Int?, time: Int64, value: Double) {
        reports.append(report)
        steps.append(step.map(Int64.init) ?? Self.noStep)
        times.append(time)
        values.append(value)
    }

    package mutating func append(_ other: PointSeries) {
        reports += other.reports
        steps += other.steps
        times += other.times
        values += other.values
    }

    package func slice(_ range: Range<Int>) -> PointSeries {
        var slice = PointSeries()
        slice.reports = Array(reports[range])
        slice.steps = Array(steps[range])
        slice.times = Array(times[range])
        slice.values = Array(values[range])
        return slice
    }

    package func step(_ index: Int) -> Int? { steps[index] == Self.noStep ? nil : Int(steps[index]) }

    /// In the order of their reports: series of several sources of one metric are read one after the other.
    mutating func sort() {
        guard zip(reports, reports.dropFirst()).contains(where: { $0 > $1 }) else { return }
        let order = reports.indices.sorted { reports[$0] < reports[$1] }
        var sorted = PointSeries()
        sorted.reports = order.map { reports[$0] }
        sorted.steps = order.map { steps[$0] }
        sorted.times = order.map { times[$0] }
        sorted.values = order.map { values[$0] }
        self = sorted
    }
}
