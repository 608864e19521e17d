package import SweepModel

extension SearchSpace {
    /// The point with these values, by the index of their parameters; all others take the middle of their laws. A value
    /// whose parameter takes no part is left out.
    package func completing(_ given: [Int: ParameterValue]) -> Point {
        let cube = SearchCube(self)
        var partial = Point(values: [ParameterValue?](repeating: nil, count: parameters.count))
        for (parameter, value) in given where parameters.indices.contains(parameter) {
            partial.values[parameter] = value
        }
        var point = cube.point(at: cube.coordinates(of: partial).map { $0 ?? 0.5 })
        // Exactly as they were given: a position may not lead back to the last bit.
        for (parameter, value) in given where parameters.indices.contains(parameter) && point.values[parameter] != nil {
            point.values[parameter] = value
        }
        return point
    }
}
