import SweepModel

/// What is chosen as one: a parameter, or the parameters of a coupling by their common index.
struct SpaceAxis: Sendable {
    /// Indices of parameters, in W&B's order.
    var members: [Int]
    /// For a coupling: the values of each member, all equally long.
    var rows: [[ParameterValue]]?

    /// The number of rows of a coupling.
    var rowCount: Int? { rows?.first?.count }
}

extension SearchSpace {
    static func order(of parameters: [Parameter]) -> [Int] {
        // As SweepSpec makes them.
        let isSorted = zip(parameters, parameters.dropFirst()).allSatisfy { !path($1.path, precedes: $0.path) }
        if isSorted { return Array(parameters.indices) }
        return parameters.indices.sorted { path(parameters[$0].path, precedes: parameters[$1].path) }
    }

    /// The axes in the order of their first members. A coupling that is none (of one law that is no list, or of lists of
    /// different lengths) leaves its parameters single; SweepSpec refuses it.
    var axes: [SpaceAxis] {
        let indices = Dictionary(order.map { (parameters[$0].path, $0) }) { first, _ in first }
        let rank = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($0.element, $0.offset) })
        var axisOf: [Int: SpaceAxis] = [:]
        for coupling in couplings {
            let members = Set(coupling.compactMap { indices[$0] }).sorted {
                rank[$0, default: 0] < rank[$1, default: 0]
            }
            let rows = members.compactMap { (parameters[$0].distribution as? Categorical)?.values }
            guard members.count > 1, rows.count == members.count, Set(rows.map(\.count)).count == 1,
                members.allSatisfy({ axisOf[$0] == nil })
            else { continue }
            for member in members { axisOf[member] = SpaceAxis(members: members, rows: rows) }
        }
        return order.compactMap { index in
            guard let axis = axisOf[index] else { return SpaceAxis(members: [index]) }
            return axis.members.first == index ? axis : nil
        }
    }

    static func path(_ a: [String], precedes b: [String]) -> Bool {
        // The order of UTF-8 bytes is that of code points; Swift's own order of strings is another one.
        for (x, y) in zip(a, b) where !x.utf8.elementsEqual(y.utf8) { return x.utf8.lexicographicallyPrecedes(y.utf8) }
        return a.count < b.count
    }
}
