import SweepDashboard
import SweepModel
import SweepSearch
import SweepSpec

extension SweepFacts {
    /// - Parameter expected: trials that the sweep will have at most.
    init(_ spec: SweepSpec, expected: Int?) {
        self.init(
            method: spec.method, objective: spec.objective, expected: expected, parallel: spec.parallel,
            repetitions: max(1, spec.repetitions), gpus: spec.launch.gpus ?? 0,
            axes: spec.space.parameters.map { SweepAxis($0) }, derived: spec.derived)
    }
}

extension SweepAxis {
    /// More values than these are no axis of categories: the chart takes those that occur.
    private static let mostValues = 100

    init(_ parameter: Parameter) {
        let law = parameter.distribution
        let axis = law.gridAxis
        let values = axis.map { axis in (0..<min(axis.count, Self.mostValues)).map { axis[$0] } } ?? []
        let numbers = values.compactMap(\.number)
        let name = type(of: law).name
        // A law without ends (normal, and what is made from it) is shown between its outermost hundredths.
        let bounds = [law.value(at: 0), law.value(at: 1)].compactMap(\.number).filter { abs($0) < 1e30 }
        let inner = [law.value(at: 0.01), law.value(at: 0.99)].compactMap(\.number).filter(\.isFinite)
        let isNormal = name.contains("normal")
        let ends = bounds.count == 2 && !isNormal ? bounds : inner
        let isLog = name.contains("log") && ends.count == 2 && (ends.min() ?? 0) > 0
        let isCategory = name.hasPrefix("categorical") || name == "constant"
        let isGeometric = numbers.count == values.count && Self.spansDecades(numbers)
        self.init(
            name: parameter.name,
            scale: isCategory
                ? .category : isLog || !isCategory && isGeometric && name != "int_uniform" ? .log : .linear,
            low: isCategory ? nil : ends.min(), high: isCategory ? nil : ends.max(),
            values: isCategory && (axis?.count ?? 0) <= Self.mostValues ? values : [], law: law.summary,
            isConstant: law.valueCount == 1)
    }

    private static func spansDecades(_ numbers: [Double]) -> Bool {
        guard let low = numbers.min(), let high = numbers.max(), low > 0 else { return false }
        return high / low >= 1000
    }
}
