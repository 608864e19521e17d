package import SweepModel

/// Used by the engine. (`search` helper: replace the bodies by nested, condition-aware ones; keep the names.)
extension SearchSpace {
    /// A point as its trial gets it: nested parameters as objects, inactive ones absent, in W&B's order.
    package func parameters(of point: Point) -> Parameters {
        zip(parameters, point.values).compactMap { parameter, value in
            value.map { ParameterValue.Member(parameter.name, $0) }
        }
    }

    /// The inverse of `parameters(of:)`; a parameter that is missing is inactive.
    package func point(of parameters: Parameters) -> Point {
        Point(values: self.parameters.map { parameter in parameters.first { $0.key == parameter.name }?.value })
    }
}
