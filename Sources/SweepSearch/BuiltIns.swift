/// Everything that ships with Sweep. A new law or method is one file and one line here; the conformance suites run over
/// these lists.
package enum BuiltIns {
    package static let distributions: [any Distribution.Type] = [
        Constant.self,
        Categorical.self,
        CategoricalWithProbabilities.self,
        IntUniform.self,
        Uniform.self,
        QUniform.self,
        LogUniform.self,
        LogUniformValues.self,
        QLogUniform.self,
        QLogUniformValues.self,
        InvLogUniform.self,
        InvLogUniformValues.self,
        Normal.self,
        QNormal.self,
        LogNormal.self,
        QLogNormal.self,
        Beta.self,
        QBeta.self,
    ]

    package static let searchMethods: [any SearchMethod.Type] = [
        Grid.self,
        RandomSearch.self,
        Sobol.self,
        Bayes.self,
        TPE.self,
        CMAES.self,
        Auto.self,
    ]

    package static let stoppingRules: [any StoppingRule.Type] = [
        Hyperband.self,
        ASHA.self,
        MedianRule.self,
        PercentileRule.self,
        ThresholdRule.self,
        PatientRule.self,
        Predict.self,
        AutoStopping.self,
    ]

    /// The law spelled `name` under `distribution:`.
    package static func distribution(named name: String) -> (any Distribution.Type)? {
        distributions.first { $0.name == name }
    }

    /// The method spelled `name` under `method:`.
    package static func searchMethod(named name: String) -> (any SearchMethod.Type)? {
        searchMethods.first { $0.name == name }
    }

    /// The rule spelled `name` under `early_terminate: {type: …}`.
    package static func stoppingRule(named name: String) -> (any StoppingRule.Type)? {
        stoppingRules.first { $0.name == name }
    }
}
