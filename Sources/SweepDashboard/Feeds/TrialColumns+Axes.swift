import SweepModel

extension TrialColumns {
    /// Most values of a category that an axis shows beside those of its law.
    private static let mostValues = 60

    /// The axes of a sweep's parameters as its trials fill them: those of its file, on the scale of their laws, then
    /// parameters that only trials have. A category has the values that occur, numbers in their order.
    func axes(of facts: SweepFacts) -> [SweepAxis] {
        let named = Set(facts.axes.map(\.name))
        let others = parameters.filter { !named.contains($0.name) }.map { SweepAxis(name: $0.name, scale: .linear) }
        return (facts.axes + others).map { axis in
            let column = parameters.first { $0.name == axis.name }
            return axis.isConstant ? axis : Self.settled(axis, column)
        }
    }

    private static func settled(_ axis: SweepAxis, _ column: ValueColumn?) -> SweepAxis {
        var axis = axis
        let texts = column?.texts ?? []
        let numbers = (column?.values ?? []).compactMap { cell -> Double? in
            if case .number(let number) = cell, number.isFinite { number } else { nil }
        }
        if axis.scale == .category || !texts.isEmpty {
            axis.scale = .category
            var known = Set(axis.values)
            let room = max(0, mostValues - known.count)
            let seen =
                Set(numbers).sorted().map { Int(exactly: $0).map { .int($0) } ?? ParameterValue.double($0) } + texts
            axis.values += seen.filter { value in
                !axis.values.contains { $0 == value || $0.number != nil && $0.number == value.number }
                    && known.insert(value).inserted
            }.prefix(room)
            if axis.values.allSatisfy({ $0.number != nil }) {
                axis.values.sort { ($0.number ?? 0) < ($1.number ?? 0) }
            }
        } else {
            let ends = ([axis.low, axis.high].compactMap { $0 } + numbers)
            (axis.low, axis.high) = (ends.min() ?? 0, ends.max() ?? 1)
        }
        return axis
    }
}
