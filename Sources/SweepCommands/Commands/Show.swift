import ArgumentParser
import SweepModel
import SweepWire

/// `sweep show`.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one sweep or one trial.")

    @Argument(
        help: "A sweep, or a trial like k3f9x2mp-12 (or 12, of the newest sweep). Default: the newest sweep.",
        completion: .sweepIDs)
    var target: String?

    @Flag(help: "Print the sweep's file as it was given.")
    var yaml = false

    @Flag(help: "One JSON document.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Print a file of the trial's record as it is: \(RecordFileName.all.joined(separator: ", ")).",
            valueName: "name"))
    var file: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            switch try await Selection.target(target, client, session) {
            case .sweep(let row):
                let sweep = try await client.one(.show(sweep: row.id.text), as: SweepRow.self)
                if yaml {
                    session.output.write(sweep.yaml ?? "")
                } else if json {
                    session.output.write(Documents.document([.init("sweep", Documents.sweep(sweep))]))
                } else {
                    write(SweepDetails.lines(sweep, now: session.now()), session)
                }
            case .trial(let id, _) where file != nil:
                try await read(file ?? "", of: id, client) { session.output.write($0) }
            case .trial(let id, let row):
                try await show(id, of: row, client, session)
            }
        }
    }

    private func show(_ id: TrialID, of sweep: SweepRow, _ client: Client, _ session: Session) async throws {
        let (trial, attempts) = try await client.trial(id)
        let overview = attempts.isEmpty ? nil : try await overview(of: id, client)
        let system = attempts.isEmpty ? SystemSummary() : try await system(of: id, client)
        if json {
            var sweep = sweep
            sweep.yaml = nil
            var members =
                (Documents.trial(trial).members ?? []) + [
                    .init("attempts", .list(attempts.map { Documents.attempt($0) }))
                ]
            if let overview { members.append(.init("overview", overview)) }
            if !system.isEmpty { members.append(.init("system", system.document)) }
            session.output.write(
                Documents.document([.init("sweep", Documents.sweep(sweep)), .init("trial", .object(members))]))
        } else {
            write(TrialDetails.lines(trial, attempts, metric: sweep.metric, now: session.now()), session)
            if let overview { write(OverviewDetails.lines(overview), session) }
            write(system.lines, session)
        }
    }

    private func read(
        _ name: String, of id: TrialID, _ client: Client, _ write: ([UInt8]) -> Void
    ) async throws {
        try await client.stream(.recordFile(id, attempt: nil, name: name)) { item in
            write(try JSONCoding.decode(LogPiece.self, from: item).bytes)
        }
    }

    /// What the newest attempt's record says of its machine and code; nil while nothing is known.
    private func overview(of id: TrialID, _ client: Client) async throws -> ParameterValue? {
        var bytes: [UInt8] = []
        try await readIfThere(RecordFileName.overview, of: id, client) { bytes += $0 }
        return bytes.isEmpty ? nil : try? JSONParser.parse(bytes)
    }

    /// What the newest attempt used of its machine so far; empty for one of a few seconds.
    private func system(of id: TrialID, _ client: Client) async throws -> SystemSummary {
        var summary = SystemSummary()
        try await readIfThere(RecordFileName.system, of: id, client) { summary.add($0) }
        return summary
    }

    /// Nothing where nothing has started yet, or the controller keeps no such files.
    private func readIfThere(
        _ name: String, of id: TrialID, _ client: Client, _ write: ([UInt8]) -> Void
    ) async throws {
        do {
            try await read(name, of: id, client, write)
        } catch let error as SweepError where [.notFound, .conflict, .usage].contains(error.category) {
            return
        }
    }

    private func write(_ lines: [StyledLine], _ session: Session) {
        let style = common.colour.style(session)
        for line in lines { session.output.write(line.rendered(nil, style) + "\n") }
    }
}
