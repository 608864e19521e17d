import SweepModel
import SweepRecord
import SweepWire

/// How far a trial's files were read when a message was spooled: the member `at` of its line, which only this agent reads.
/// `[output, metrics file, {"PATH": readings, …}, errors]`, where the last is how far the lines of standard error in the output
/// were read.
struct SpoolPosition {
    var output = 0
    var errors = 0
    var metricsFile = 0
    var files: [(path: String, taken: Int)] = []

    var json: String {
        var items: [ParameterValue] = [.int(output), .int(metricsFile)]
        if !files.isEmpty || errors > 0 { items.append(.object(files.map { .init($0.path, .int($0.taken)) })) }
        if errors > 0 { items.append(.int(errors)) }
        return ParameterValue.list(items).json()
    }

    init(output: Int, errors: Int, metricsFile: Int, files: [(path: String, taken: Int)]) {
        self.output = output
        self.errors = errors
        self.metricsFile = metricsFile
        self.files = files
    }

    init?(_ line: [UInt8]) {
        guard let value = try? JSONParser.parse(line), case .list(let items)? = value["at"], items.count >= 2,
            case .int(let output) = items[0], case .int(let metrics) = items[1], output >= 0, metrics >= 0
        else { return nil }
        (self.output, metricsFile) = (output, metrics)
        if items.count > 3, case .int(let errors) = items[3], errors > 0 { self.errors = errors }
        for member in (items.count > 2 ? items[2].members : nil) ?? [] {
            if case .int(let taken) = member.value, taken >= 0 { files.append((member.key, taken)) }
        }
    }
}

/// What an earlier agent has already told of an attempt, from its spool.
struct SpoolPast {
    var offsets: [MetricStream: Int] = [:]
    var files: [String: Int] = [:]

    private static let reportStart = Array(#"{"kind":"report""#.utf8)

    /// - Parameter eachReport: gets every report that was told.
    init(_ spool: Spool, eachReport: (Report) -> Void) {
        guard spool.count > 0 else { return }
        spool.eachLine { line in
            guard line.starts(with: Self.reportStart) else { return true }
            if let position = SpoolPosition(line) {
                offsets = [
                    .output: position.output, .errors: position.errors, .metricsFile: position.metricsFile,
                ]
                for file in position.files { files[file.path] = file.taken }
            }
            if case .agent(.report(let message))? = try? PeerLine.decode(line) { message.reports.forEach(eachReport) }
            return true
        }
    }
}
