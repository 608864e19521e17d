/// When a sweep is not worth going on with.
package struct SweepLimits: Hashable, Sendable {
    /// Seconds after its creation from which nothing new is handed out.
    package var timeBudget: Double?
    /// The search expects its next points to improve the best value by less than this.
    package var expectedImprovement: Double?
    /// So many finished points in a row brought no improvement.
    package var patience: Int?

    package init(timeBudget: Double? = nil, expectedImprovement: Double? = nil, patience: Int? = nil) {
        self.timeBudget = timeBudget
        self.expectedImprovement = expectedImprovement
        self.patience = patience
    }
}
