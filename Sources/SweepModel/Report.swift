/// Metrics of one moment of a trial, as the training script gave them.
package struct Report: Hashable, Sendable, Codable {
    /// The script's own step (epoch, iteration), where it gives one.
    package var step: Int?
    /// Wall-clock time at which the agent read it.
    package var time: Timestamp
    /// Values by metric name; may be NaN or infinite.
    package var metrics: [String: Double]

    package init(step: Int? = nil, time: Timestamp, metrics: [String: Double]) {
        self.step = step
        self.time = time
        self.metrics = metrics
    }
}
