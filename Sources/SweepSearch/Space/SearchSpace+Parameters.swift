package import SweepModel

extension SearchSpace {
    /// What a trial of `point` is given: active parameters only, nested ones as objects, by name at each level.
    package func parameters(of point: Point) -> Parameters {
        let active = order.filter { $0 < point.values.count && point.values[$0] != nil }
        return members(of: active[...], at: 0, in: point)
    }

    /// The parameters `indices`, which share the first `depth` names of their paths.
    private func members(of indices: ArraySlice<Int>, at depth: Int, in point: Point) -> Parameters {
        var members: Parameters = []
        members.reserveCapacity(indices.count)
        var rest = indices
        while let first = rest.first {
            let path = parameters[first].path
            guard depth + 1 < path.count else {
                if depth < path.count, let value = point.values[first] { members.append(.init(path[depth], value)) }
                rest = rest.dropFirst()
                continue
            }
            let group = rest.prefix { index in
                let other = parameters[index].path
                return depth + 1 < other.count && other[depth].utf8.elementsEqual(path[depth].utf8)
            }
            members.append(.init(path[depth], .object(self.members(of: group, at: depth + 1, in: point))))
            rest = rest.dropFirst(group.count)
        }
        return members
    }

    /// The point that `parameters` describe; what the space does not know is left out.
    package func point(of parameters: Parameters) -> Point {
        let root = ParameterValue.object(parameters)
        return Point(
            values: self.parameters.map { parameter in
                parameter.path.reduce(root as ParameterValue?) { value, name in value?[name] }
            })
    }
}
