import SweepModel

/// The conditions of a space with every name looked up: parameters are their indices.
struct ConditionGraph: Sendable {
    struct Clause: Sendable {
        var parent: Int
        var values: [ParameterValue]
        /// What `values` match: also 0.30000000000000004 where 0.3 is written and the parent's law counts in tenths.
        var identities: Set<ValueIdentity>
    }

    /// The clauses of each parameter; all must hold.
    let clauses: [[Clause]]
    /// Every parameter after all of its parents. Those that can never be active are left out: a parent is missing, or
    /// they depend on themselves. SweepSpec refuses such spaces.
    let parentsFirst: [Int]
    let canBeActive: Set<Int>
    private let isUnconditional: Bool

    init(_ space: SearchSpace) {
        let indices = Dictionary(space.parameters.indices.map { (space.parameters[$0].path, $0) }) { first, _ in first }
        var clauses: [[Clause]] = []
        var children = [[Int]](repeating: [], count: space.parameters.count)
        var waitingFor = [Int](repeating: 0, count: space.parameters.count)
        for (index, parameter) in space.parameters.enumerated() {
            var own: [Clause] = []
            for clause in parameter.condition?.clauses ?? [] {
                waitingFor[index] += 1
                guard let parent = indices[clause.parent] else { continue }
                children[parent].append(index)
                let law = space.parameters[parent].distribution
                own.append(
                    Clause(
                        parent: parent, values: clause.values,
                        identities: Set(
                            (clause.values + Self.spellings(of: clause.values, by: law)).map(ValueIdentity.init))))
            }
            clauses.append(own)
        }
        var order = waitingFor.indices.filter { waitingFor[$0] == 0 }
        var next = 0
        while next < order.count {
            for child in children[order[next]] {
                waitingFor[child] -= 1
                if waitingFor[child] == 0 { order.append(child) }
            }
            next += 1
        }
        self.clauses = clauses
        parentsFirst = order
        canBeActive = Set(order)
        isUnconditional = space.parameters.allSatisfy { $0.condition?.clauses.isEmpty ?? true }
    }

    /// How `law` itself writes those of `values` that are real numbers, if it counts in steps.
    private static func spellings(of values: [ParameterValue], by law: any Distribution) -> [ParameterValue] {
        let numbers = values.filter { $0.number != nil }
        // A list has its values as the person wrote them, and is slow to search here.
        guard law.valueCount != nil, !(law is Categorical), !numbers.isEmpty else { return [] }
        let axis = law.gridAxis
        let listed = numbers.compactMap { number in axis.flatMap { axis in axis.index(of: number).map { axis[$0] } } }
        let drawn = numbers.compactMap { number in law.position(of: number).map(law.value) }
        return (listed + drawn).filter { if case .double = $0 { true } else { false } }
    }

    /// `values` without those of parameters whose conditions do not hold.
    func activeOnly(_ values: [ParameterValue?]) -> [ParameterValue?] {
        if isUnconditional, values.count == clauses.count { return values }
        var active = [ParameterValue?](repeating: nil, count: values.count)
        for index in parentsFirst where index < values.count && holds(index, in: active) {
            active[index] = values[index]
        }
        return active
    }

    /// Whether exactly those have a value that should be active.
    func agrees(with values: [ParameterValue?]) -> Bool {
        guard values.count == clauses.count else { return false }
        var expected = [Bool](repeating: false, count: values.count)
        for index in parentsFirst { expected[index] = holds(index, in: values) }
        return values.indices.allSatisfy { (values[$0] != nil) == expected[$0] }
    }

    private func holds(_ index: Int, in values: [ParameterValue?]) -> Bool {
        clauses[index].allSatisfy { clause in
            values[clause.parent].map { clause.identities.contains(ValueIdentity($0)) } ?? false
        }
    }
}
