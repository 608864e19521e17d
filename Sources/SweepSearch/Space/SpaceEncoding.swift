import Glibc
import SweepModel

/// A space as rows of numbers for a model: a feature for each axis that has a choice, and one for each group of
/// conditional parameters whose presence the other features do not show.
///
/// Three forms of a point. *Raw*: a number for each dimension, whether it is active or not, numeric ones anywhere in
/// 0...1. *Row*: what the model sees: rounded to values that exist (E. C. Garrido-Merchán, D. Hernández-Lobato,
/// "Dealing with categorical and integer-valued variables in Bayesian Optimization with Gaussian processes", 2020),
/// inactive ones in the middle, groups appended. And the `Point` itself.
package struct SpaceEncoding: Sendable {
    package enum Kind: Sendable {
        /// The quantile of the law.
        case continuous
        /// The quantile of the law, which has steps; too many to list, or without end.
        case stepped
        /// Numbers in order: their places in 0...1, ascending.
        case ordinal([Double])
        /// Without order: this many.
        case categories(Int)
    }

    package struct Dimension: Sendable {
        /// Indices of parameters: several in a coupling.
        package var members: [Int]
        package var kind: Kind
        /// The values of each member by level, for `ordinal` and `categories`.
        var levels: [[ParameterValue]]
        /// The level of a value of the first member.
        var levelOf: [ValueIdentity: Int]
        /// It is active when all clauses of one of these hold; empty: always.
        var alternatives: [[Clause]] = []
        /// Its conditions, for grouping.
        var group: Int?

        package var levelCount: Int? {
            switch kind {
            case .ordinal(let places): places.count
            case .categories(let count): count
            case .continuous, .stepped: nil
            }
        }
    }

    /// A condition on another dimension, by its level, or by its value where levels are not listed.
    enum Clause: Sendable {
        case constant(Bool)
        case levels(dimension: Int, allowed: [Bool])
        case values(dimension: Int, Set<ValueIdentity>)

        var dimension: Int? {
            switch self {
            case .constant: nil
            case .levels(let dimension, _), .values(let dimension, _): dimension
            }
        }
    }

    /// Lists longer than this are not written out, unless they are lists in the file.
    static let maximumLevels = 4096

    package let space: SearchSpace
    package let dimensions: [Dimension]
    /// Of the features: a dimension each, then the groups.
    package let kinds: [FeatureKind]
    /// For each group that has a feature: the dimension whose activity it shows.
    private let shownGroups: [Int]
    private let parentsFirst: [Int]
    private let constants: [(member: Int, value: ParameterValue)]
    private let graph: ConditionGraph
    /// No dimension has a condition.
    package let isUnconditional: Bool

    package init(_ space: SearchSpace) {
        self.space = space
        let graph = ConditionGraph(space)
        self.graph = graph
        var dimensions: [Dimension] = []
        var constants: [(member: Int, value: ParameterValue)] = []
        var dimensionOf: [Int: Int] = [:]
        for axis in space.axes {
            guard let dimension = Self.dimension(axis, space) else {
                for member in axis.members {
                    constants.append((member, space.parameters[member].distribution.value(at: 0.5)))
                }
                continue
            }
            for member in axis.members { dimensionOf[member] = dimensions.count }
            dimensions.append(dimension)
        }
        let constantOf = Dictionary(constants.map { ($0.member, $0.value) }) { first, _ in first }
        var groups: [[Set<ConditionKey>]: Int] = [:]
        for index in dimensions.indices {
            let members = dimensions[index].members
            guard members.allSatisfy({ !graph.clauses[$0].isEmpty || !graph.canBeActive.contains($0) }) else {
                continue
            }
            dimensions[index].alternatives = members.map { member in
                guard graph.canBeActive.contains(member) else { return [.constant(false)] }
                return graph.clauses[member].map {
                    Self.clause($0, dimensions: dimensions, dimensionOf: dimensionOf, constantOf: constantOf)
                }
            }
            let key = members.map { member in
                Set(graph.clauses[member].map { ConditionKey(parent: $0.parent, identities: $0.identities) })
            }
            groups[key] = groups[key] ?? index
            dimensions[index].group = groups[key]
        }
        let made = dimensions
        // A category that decides already sets points with and without the group apart.
        let shownGroups = Set(made.compactMap(\.group)).sorted().filter { leader in
            made[leader].alternatives.joined().contains { clause in
                guard let parent = clause.dimension else { return false }
                if case .categories = made[parent].kind { return false }
                return true
            }
        }
        kinds =
            made.map {
                if case .categories = $0.kind { .category } else { .numeric }
            } + shownGroups.map { _ in .category }
        var order: [Int] = []
        for member in graph.parentsFirst {
            if let dimension = dimensionOf[member], !order.contains(dimension) { order.append(dimension) }
        }
        parentsFirst = order + made.indices.filter { !order.contains($0) }
        self.shownGroups = shownGroups
        isUnconditional = made.allSatisfy { $0.alternatives.isEmpty }
        self.dimensions = made
        self.constants = constants
    }

    /// Every active dimension has listed levels, so that points repeat.
    package var isDiscrete: Bool { dimensions.allSatisfy { $0.levelCount != nil } }
}

/// What a condition asks, for comparing.
private struct ConditionKey: Hashable {
    var parent: Int
    var identities: Set<ValueIdentity>
}

extension SpaceEncoding {
    /// nil: no choice.
    private static func dimension(_ axis: SpaceAxis, _ space: SearchSpace) -> Dimension? {
        if let rows = axis.rows, let count = axis.rowCount {
            guard count > 1 else { return nil }
            return Dimension(members: axis.members, kind: .categories(count), levels: rows, levelOf: [:])
        }
        let law = space.parameters[axis.members[0]].distribution
        guard law.valueCount != 1 else { return nil }
        guard let values = listedValues(of: law) else {
            return Dimension(
                members: axis.members, kind: isSmooth(law) ? .continuous : .stepped, levels: [], levelOf: [:])
        }
        let isList = law is Categorical || law is CategoricalWithProbabilities
        var (kind, sorted) = (Kind.categories(values.count), values)
        if !isList {
            kind = .ordinal(values.map { law.position(of: $0) ?? 0.5 })
        } else if let places = OrderedNumbers.places(of: values) {
            sorted = places.map(\.value)
            kind = .ordinal(places.map(\.place))
        }
        let levelOf = Dictionary(sorted.indices.map { (ValueIdentity(sorted[$0]), $0) }) { first, _ in first }
        return Dimension(members: axis.members, kind: kind, levels: [sorted], levelOf: levelOf)
    }

    /// Whether every quantile has a value of its own, as far as can be seen: one that overflows has not.
    private static func isSmooth(_ law: any Distribution) -> Bool {
        law is any ContinuousDistribution
            && [1e-9, 0.02, 0.25, 0.5, 0.75, 0.98, 1 - 1e-9].allSatisfy { u in
                law.position(of: law.value(at: u)).map { abs($0 - u) < 1e-10 } ?? false
            }
    }

    /// All values of a law, each once; nil: a continuum, or too many.
    private static func listedValues(of law: any Distribution) -> [ParameterValue]? {
        guard let count = law.valueCount, count > 1 else { return nil }
        if let weighted = law as? CategoricalWithProbabilities {
            var seen: Set<ValueIdentity> = []
            return weighted.values.indices.filter { weighted.probabilities[$0] > 0 }.map { weighted.values[$0] }
                .filter { seen.insert(ValueIdentity($0)).inserted }
        }
        if law is Categorical || law is IntUniform, let axis = law.gridAxis {
            guard law is Categorical || count <= maximumLevels else { return nil }
            return (0..<axis.count).map { axis[$0] }
        }
        guard count <= maximumLevels, let quantized = law as? any QuantizedDistribution else { return nil }
        let first = (quantized.base.quantile(0) / quantized.q.size).rounded(.toNearestOrEven)
        return (0..<count).map { quantized.q.multiple(nearest: (first + Double($0)) * quantized.q.size) }
    }

    private static func clause(
        _ clause: ConditionGraph.Clause, dimensions: [Dimension], dimensionOf: [Int: Int],
        constantOf: [Int: ParameterValue]
    ) -> Clause {
        guard let parent = dimensionOf[clause.parent] else {
            return .constant(constantOf[clause.parent].map { clause.identities.contains(ValueIdentity($0)) } ?? false)
        }
        let column = dimensions[parent].members.firstIndex(of: clause.parent) ?? 0
        guard column < dimensions[parent].levels.count else {
            return .values(dimension: parent, clause.identities)
        }
        return .levels(
            dimension: parent,
            allowed: dimensions[parent].levels[column].map { clause.identities.contains(ValueIdentity($0)) })
    }
}

extension SpaceEncoding {
    /// The level of a raw coordinate: nearest, or as numbered.
    package func level(_ raw: Double, of dimension: Int) -> Int {
        switch dimensions[dimension].kind {
        case .ordinal(let places): Self.nearest(raw, in: places)
        case .categories(let count): min(max(Int(exactly: raw.rounded()) ?? 0, 0), count - 1)
        case .continuous, .stepped: 0
        }
    }

    /// The raw coordinate of a level.
    package func coordinate(ofLevel level: Int, of dimension: Int) -> Double {
        switch dimensions[dimension].kind {
        case .ordinal(let places): places[min(max(level, 0), places.count - 1)]
        case .categories, .continuous, .stepped: Double(level)
        }
    }

    /// The raw coordinate at a quantile in 0...1: any level as likely as another.
    package func coordinate(at u: Double, of dimension: Int) -> Double {
        guard let count = dimensions[dimension].levelCount else { return u }
        return coordinate(ofLevel: min(Int(u.clampedToUnit * Double(count)), count - 1), of: dimension)
    }

    static func nearest(_ value: Double, in places: [Double]) -> Int {
        var (low, high) = (0, places.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if places[middle] <= value { low = middle } else { high = middle }
        }
        return abs(places[high] - value) < abs(value - places[low]) ? high : low
    }

    /// Which dimensions are active at a raw point.
    package func activity(_ raw: [Double]) -> [Bool] {
        var active = [Bool](repeating: true, count: dimensions.count)
        guard !isUnconditional else { return active }
        for index in parentsFirst where !dimensions[index].alternatives.isEmpty {
            active[index] = dimensions[index].alternatives.contains { clauses in
                clauses.allSatisfy { holds($0, raw: raw, active: active) }
            }
        }
        return active
    }

    private func holds(_ clause: Clause, raw: [Double], active: [Bool]) -> Bool {
        switch clause {
        case .constant(let holds): return holds
        case .levels(let parent, let allowed): return active[parent] && allowed[level(raw[parent], of: parent)]
        case .values(let parent, let identities):
            guard active[parent] else { return false }
            let law = space.parameters[dimensions[parent].members[0]].distribution
            return identities.contains(ValueIdentity(law.value(at: raw[parent])))
        }
    }

    /// What the model sees of a raw point.
    ///
    /// - Parameter rounded: false: numbers stay between their values, for a search by gradient.
    package func row(of raw: [Double], rounded: Bool = true) -> [Double] {
        let active = activity(raw)
        var row = [Double](repeating: 0, count: kinds.count)
        for (index, dimension) in dimensions.enumerated() {
            switch dimension.kind {
            case .categories: row[index] = active[index] ? Double(level(raw[index], of: index)) : -1
            case .continuous: row[index] = active[index] ? raw[index].clampedToUnit : 0.5
            case .ordinal(let places):
                row[index] =
                    active[index]
                    ? rounded ? places[Self.nearest(raw[index], in: places)] : raw[index].clampedToUnit : 0.5
            case .stepped:
                row[index] = active[index] ? rounded ? stepped(raw[index], index) : raw[index].clampedToUnit : 0.5
            }
        }
        appendGroups(to: &row, active: active)
        return row
    }

    private func stepped(_ raw: Double, _ dimension: Int) -> Double {
        let law = space.parameters[dimensions[dimension].members[0]].distribution
        return law.position(of: law.value(at: raw.clampedToUnit)) ?? raw.clampedToUnit
    }

    private func appendGroups(to row: inout [Double], active: [Bool]) {
        for (offset, leader) in shownGroups.enumerated() { row[dimensions.count + offset] = active[leader] ? 1 : 0 }
    }

    /// The point of a raw one.
    package func point(of raw: [Double]) -> Point {
        var values = [ParameterValue?](repeating: nil, count: space.parameters.count)
        for (member, value) in constants { values[member] = value }
        for (index, dimension) in dimensions.enumerated() {
            if dimension.levels.isEmpty {
                for member in dimension.members {
                    values[member] = space.parameters[member].distribution.value(at: raw[index])
                }
            } else {
                let level = level(raw[index], of: index)
                for (member, column) in zip(dimension.members, dimension.levels) { values[member] = column[level] }
            }
        }
        return Point(values: graph.activeOnly(values))
    }

    /// The raw form of a point, and what is active in it: nil where it has no value, or one that is none of the law's.
    package func raw(of point: Point) -> [Double?] {
        dimensions.indices.map { index in
            let dimension = dimensions[index]
            func value(_ member: Int) -> ParameterValue? { member < point.values.count ? point.values[member] : nil }
            if dimension.members.count > 1 {
                guard dimension.members.contains(where: { value($0) != nil }), let rows = dimension.levelCount else {
                    return nil
                }
                let row = (0..<rows).first { row in
                    zip(dimension.members, dimension.levels).allSatisfy { member, column in
                        value(member).map { column[row].isSame(as: $0) } ?? true
                    }
                }
                return row.map(Double.init)
            }
            guard let value = value(dimension.members[0]) else { return nil }
            let law = space.parameters[dimension.members[0]].distribution
            if dimension.levels.isEmpty { return law.position(of: value) }
            if let level = dimension.levelOf[ValueIdentity(value)] { return coordinate(ofLevel: level, of: index) }
            // Another spelling of a number: 0.3 for three steps of 0.1.
            guard case .ordinal = dimension.kind, let place = law.position(of: value) else { return nil }
            return dimension.levelOf[ValueIdentity(law.value(at: place))].map { coordinate(ofLevel: $0, of: index) }
        }
    }

    /// The row of a point.
    package func row(of point: Point) -> [Double] {
        let raw = raw(of: point)
        var row = [Double](repeating: 0, count: kinds.count)
        for (index, dimension) in dimensions.enumerated() {
            if case .categories(let count) = dimension.kind {
                row[index] = raw[index] ?? (hasValue(point, of: index) ? Double(count) : -1)
            } else {
                row[index] = raw[index] ?? place(outside: point, of: index) ?? 0.5
            }
        }
        appendGroups(to: &row, active: raw.indices.map { raw[$0] != nil || hasValue(point, of: $0) })
        return row
    }

    private func hasValue(_ point: Point, of dimension: Int) -> Bool {
        dimensions[dimension].members.contains { $0 < point.values.count && point.values[$0] != nil }
    }

    /// Where a number that the law no longer has lies on the law's scale: below 0 or above 1, by at most a whole length.
    private func place(outside point: Point, of dimension: Int) -> Double? {
        let member = dimensions[dimension].members[0]
        guard member < point.values.count, let number = point.values[member]?.number, number.isFinite else {
            return nil
        }
        let law = space.parameters[member].distribution
        let levels = dimensions[dimension].levels.first
        guard let low = levels?.first?.number ?? law.value(at: 0).number, low.isFinite,
            let high = levels?.last?.number ?? law.value(at: 1).number, high.isFinite, low < high
        else { return nil }
        let middle = law.value(at: 0.5).number ?? (low + high) / 2
        // A law whose middle is the geometric one is a law of logarithms.
        let isLog =
            low > 0 && number > 0 && middle > 0
            && abs(log(middle * middle / (low * high))) < abs(log(middle * 2 / (low + high)))
        let place = isLog ? log(number / low) / log(high / low) : (number - low) / (high - low)
        return min(max(place, -1), 2)
    }
}
