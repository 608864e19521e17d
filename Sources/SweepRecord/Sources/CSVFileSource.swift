import SweepModel

/// Comma-separated metrics with a header: Lightning's `metrics.csv`, Ultralytics' `results.csv`, Stable-Baselines'
/// `progress.csv`, Keras' `training.log`. Only a file whose header has a column of steps (`epoch`, `step`, …) is one.
package struct CSVFileSource: MetricFileSource {
    package static let name = "csv"
    package static let sample = (
        file: "metrics.csv",
        bytes: Array("epoch,step,train_loss,val_loss\n0,9,0.5,\n0,9,,NaN\n1,19,1e300,\n".utf8),
        readings: [
            FileReading.metrics(MetricReading(step: 9, metrics: [("epoch", 0), ("train_loss", 0.5)])),
            .metrics(MetricReading(step: 9, metrics: [("epoch", 0), ("val_loss", .nan)])),
            .metrics(MetricReading(step: 19, metrics: [("epoch", 1), ("train_loss", 1e300)])),
        ]
    )

    private static let fileNames: Set = ["metrics.csv", "results.csv", "progress.csv", "training.csv", "training.log"]
    private static let maximumColumns = 1000

    private let prefix: String
    private var splitter = LineSplitter()
    /// nil before the header; empty when the file is none of ours.
    private var columns: [String]?

    package init(prefix: String) { self.prefix = prefix }

    package static func reads(fileName: String) -> Bool { fileNames.contains(fileName) }

    package mutating func read(_ bytes: [UInt8], _ body: (FileReading) -> Void) {
        guard columns?.isEmpty != true else { return }
        var splitter = self.splitter
        splitter.take(bytes) { line($0, body) }
        self.splitter = splitter
    }

    package mutating func finish(_ body: (FileReading) -> Void) {
        guard columns?.isEmpty != true else { return }
        var splitter = self.splitter
        splitter.finish { line($0, body) }
        self.splitter = splitter
    }

    private mutating func line(_ line: ArraySlice<UInt8>, _ body: (FileReading) -> Void) {
        var line = line
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard let columns else {
            let names = Self.header(line)
            self.columns = names.contains(where: MetricName.steps.contains) ? names : []
            return
        }
        var values: [(name: String, value: Double)] = []
        var column = 0
        for cell in line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard column < columns.count else { break }
            let name = columns[column]
            column += 1
            guard !cell.isEmpty, !name.isEmpty, let number = NumberText.parse(Self.trimmed(cell)) else { continue }
            values.append((name, number))
        }
        guard var reading = MetricName.reading(values) else { return }
        if !prefix.isEmpty { reading.metrics = reading.metrics.map { (prefix + $0.name, $0.value) } }
        body(.metrics(reading))
    }

    private static func header(_ line: ArraySlice<UInt8>) -> [String] {
        line.split(separator: UInt8(ascii: ","), maxSplits: maximumColumns, omittingEmptySubsequences: false)
            .map { cell in
                var name = trimmed(cell)
                if name.count >= 2, name.first == UInt8(ascii: "\""), name.last == UInt8(ascii: "\"") {
                    name = name.dropFirst().dropLast()
                }
                return name.count <= MetricName.maximumLength ? String(decoding: name, as: UTF8.self) : ""
            }
    }

    private static func trimmed(_ cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var cell = cell
        while let first = cell.first, first == 0x20 || first == 0x09 { cell.removeFirst() }
        while let last = cell.last, last == 0x20 || last == 0x09 { cell.removeLast() }
        return cell
    }
}
