/// Metrics of one moment of a trial, as the training script gave them.
package struct Report: Hashable, Sendable, Codable {
    /// The script's own step (epoch, iteration), where it gives one.
    package var step: Int?
    /// When the script logged it, where its source says so; else when the agent read it.
    package var time: Timestamp
    /// Values by metric name; may be NaN or infinite.
    package var metrics: [String: Double]
    /// The metric source that gave them ("wandb", "stdout json", …); nil from an agent that does not say.
    package var source: String?

    package init(step: Int? = nil, time: Timestamp, metrics: [String: Double], source: String? = nil) {
        self.step = step
        self.time = time
        self.metrics = metrics
        self.source = source
    }
}
