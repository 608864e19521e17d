package import SweepModel
package import SweepSearch

extension SweepSpec {
    /// The sweep's search without a controller: for `sweep ask-tell` and `sweep simulate`.
    ///
    /// - Throws: when the method cannot search this space, or the stopping rule cannot be made.
    package func makeRun(seed: UInt64) throws(SweepError) -> SearchRun {
        SearchRun(
            problem: searchProblem(seed: seed), method: try makeMethod(seed: seed),
            rule: try makeStoppingRule(seed: seed))
    }
}
