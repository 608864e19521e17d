/// Every metric source, in the order in which they are asked; of two that say the same the first one counts.
package enum BuiltIns {
    package static let metricSources: [any MetricSource.Type] = [
        MetricsFileSource.self,
        JSONLineSource.self,
        HuggingFaceLineSource.self,
        KerasLineSource.self,
        KatibLineSource.self,
        NameValueSource.self,
    ]

    package static let fileSources: [any MetricFileSource.Type] = [
        WandbFileSource.self,
        TensorBoardFileSource.self,
        CSVFileSource.self,
    ]
}
