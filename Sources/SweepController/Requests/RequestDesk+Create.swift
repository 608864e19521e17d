import Logging
import SweepEngine
import SweepModel
import SweepSpec
import SweepWire

extension RequestDesk {
    /// As JSON in a line of its own it must fit the wire again (`show`).
    static let maximumYAML = 480 << 10

    func create(
        yaml: String, file: String?, createdIn: String?, name: String?, prior: [String], _ answer: Answer
    ) async throws {
        try Self.checkSize(of: yaml, file ?? "the sweep file")
        let (read, learnt, warnings) = try await blocking {
            [store = parts.store, catalogue = parts.catalogue] () throws(SweepError) in
            let result = SpecParser.parse(yaml, folder: SweepFile.folder(file, createdIn: createdIn))
            guard let spec = result.spec, result.errors.isEmpty else { throw Self.error(result.errors, file: file) }
            var generator = SystemRandomNumberGenerator()
            let record = SweepRecord(
                id: .random(using: &generator), name: name ?? spec.name, yaml: yaml, file: file, createdIn: createdIn,
                seed: spec.seed ?? .random(in: 0...UInt64(UInt32.max), using: &generator),
                created: SystemClock.now().wall)
            let (learnt, notes) = try PriorRuns.read(spec.prior + prior, for: spec, from: store) {
                catalogue[$0]?.objective?.metric
            }
            return (
                try ReadSweep(spec, record: record, prior: learnt), learnt,
                result.warnings.map { Self.text($0, file: file) } + notes
            )
        }
        try checkCommands(of: read.plan)
        let record = read.definition.record
        for input in read.plan.launch.inputs ?? [] {
            do {
                _ = try await self.input(input.reference, of: nil)
            } catch let error as SweepError {
                throw SweepError(error.category, "use_artifact: \(error.message)", remedy: error.remedy)
            }
        }
        // Before the engine hears of it: its first assignments need the plan.
        parts.catalogue[record.id] = read.plan
        do {
            try await parts.inbox.perform(.sweepCreated(read.definition, prior: learnt))
        } catch {
            parts.catalogue[record.id] = nil
            throw error
        }
        parts.logger.info("sweep \(record.id) created")
        try await answer.send(
            CreatedSweep(id: record.id, name: record.name, size: read.plan.size, warnings: warnings))
    }

    static func checkSize(of yaml: String, _ name: String) throws(SweepError) {
        guard yaml.utf8.count <= maximumYAML else {
            throw SweepError(
                .usage, "\(name) has \(yaml.utf8.count) bytes; a sweep file has at most \(maximumYAML)",
                remedy: "shorten its lists of values")
        }
    }

    /// The first problems of a file, each with its place.
    private static func error(_ problems: [Diagnostic], file: String?) -> SweepError {
        var lines = problems.prefix(10).map { text($0, file: file) }
        if problems.count > 10 { lines.append("… and \(problems.count - 10) more") }
        if lines.isEmpty { lines = ["\(file ?? "the sweep file") cannot be read"] }
        return SweepError(.usage, lines.joined(separator: "\n"), remedy: "see all with 'sweep check'")
    }

    private static func text(_ problem: Diagnostic, file: String?) -> String {
        DiagnosticText.line(problem, file: file ?? "sweep file")
    }
}
