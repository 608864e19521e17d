import ArgumentParser
import SweepModel
import SweepRecord
import SweepWire

/// `sweep artifact`.
struct ArtifactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "artifact",
        abstract: "Files that trials made and used: list, get, put, remove.",
        discussion: """
            What a trial leaves in $SWEEP_ARTIFACTS_DIR/NAME/ becomes the next version of artifact NAME of its sweep. A
            version is named NAME:v3, NAME:latest, NAME:best (what the sweep's best trial has made) or NAME:ALIAS, with
            SWEEP/ before it where several sweeps have one of that name.
            """,
        subcommands: [
            ArtifactList.self, ArtifactShow.self, ArtifactGet.self, ArtifactPut.self, ArtifactRemove.self,
            ArtifactLineage.self, ArtifactCollect.self,
        ])
}

/// A version, as it is named.
struct ArtifactChoice: ParsableArguments {
    @Argument(help: "NAME, NAME:v3, NAME:latest, NAME:best, or one of these with SWEEP/ before it.")
    var artifact: String

    @Option(help: ArgumentHelp("The sweep whose artifact it is.", valueName: "sweep"), completion: .sweepIDs)
    var sweep: String?

    func find(_ client: Client) async throws -> (row: ArtifactRow, files: [ArtifactFile]) {
        var row: ArtifactRow?
        var files: [ArtifactFile] = []
        try await client.stream(.artifact(.find(reference: artifact, sweep: sweep))) { item in
            if row == nil {
                row = try JSONCoding.decode(ArtifactRow.self, from: item)
            } else {
                files.append(try JSONCoding.decode(ArtifactFile.self, from: item))
            }
        }
        guard let row else { throw SweepError(.notFound, "there is no artifact '\(DisplayText.escape(artifact))'") }
        return (row, files)
    }
}

struct ArtifactList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List versions, newest first.", aliases: ["ls"])

    @Argument(help: "Only those of this name.")
    var name: String?

    @Option(help: ArgumentHelp("Only those of this sweep.", valueName: "sweep"), completion: .sweepIDs)
    var sweep: String?

    @OptionGroup var format: ListOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let rows = try await Client.connected(to: .find(common, session)) { client in
            try await client.items(.artifact(.list(sweep: sweep, name: name)), as: ArtifactRow.self)
        }
        switch format.format {
        case .json:
            session.output.write(Documents.document([.init("artifacts", .list(rows.map { ArtifactTable.json($0) }))]))
        case .jsonl: for row in rows { session.output.write(Documents.line(ArtifactTable.json(row))) }
        case .id: for row in rows { session.output.write("\(DisplayText.escape(row.reference))\n") }
        case .csv: session.output.write(ArtifactTable.csv(rows))
        case .table:
            guard !rows.isEmpty else {
                return session.say("no artifacts; a trial makes one with a file in $SWEEP_ARTIFACTS_DIR/NAME/")
            }
            let rendered = ArtifactTable.table(rows, now: session.now())
                .render(width: session.output.terminal?.columns, style: common.colour.style(session))
            session.output.write(rendered.text)
        }
    }
}

struct ArtifactShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one version: what it holds, who made it, who used it.")

    @OptionGroup var choice: ArtifactChoice
    @Flag(help: "One JSON document.") var json = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let (row, files) = try await Client.connected(to: .find(common, session)) { try await choice.find($0) }
        if json {
            return session.output.write(
                Documents.document([.init("artifact", ArtifactTable.json(row, files: files))]))
        }
        session.output.write(ArtifactLines.lines(row, now: session.now()))
        for file in files {
            session.output.write("  \(ValueText.bytes(file.size))  \(DisplayText.escape(file.path))\n")
        }
    }
}

/// A version in lines.
enum ArtifactLines {
    static func lines(_ row: ArtifactRow, now: Timestamp) -> String {
        var text = "\(row.reference)  \(row.aliases.joined(separator: " "))\n"
        if let type = row.type { text += "type      \(DisplayText.escape(type))\n" }
        text += "size      \(ValueText.bytes(row.size)) in \(row.files) file\(row.files == 1 ? "" : "s")\n"
        text += "created   \(TimeText.ago(row.created, now: now))\n"
        text += "made by   \(maker(row))\n"
        if let value = row.objective { text += "objective \(ValueText.number(value))\n" }
        if let metadata = row.metadata { text += "metadata  \(DisplayText.escape(metadata.json()))\n" }
        for use in row.uses { text += "used by   \(use)\n" }
        return text
    }

    static func maker(_ row: ArtifactRow) -> String {
        row.trial.map { "\($0) attempt \(row.attempt ?? 1)" } ?? "a person ('sweep artifact put')"
    }
}

struct ArtifactLineage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lineage", abstract: "Show who made a version, from what, and who used it.")

    @OptionGroup var choice: ArtifactChoice
    @Flag(help: "One JSON document.") var json = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let (row, inputs, outputs) = try await Client.connected(to: .find(common, session)) { client in
            let (row, _) = try await choice.find(client)
            let all = try await client.items(.artifact(.list(sweep: nil, name: nil)), as: ArtifactRow.self)
            let inputs = all.filter { other in other.uses.contains { $0.trial == row.trial } }
            let users = Set(row.uses.map(\.trial))
            let outputs = all.filter { other in other.trial.map(users.contains) ?? false }
            return (row, inputs, outputs)
        }
        if json {
            func references(_ rows: [ArtifactRow]) -> ParameterValue { .list(rows.map { .string($0.reference) }) }
            return session.output.write(
                Documents.document([
                    .init("artifact", ArtifactTable.json(row)), .init("made_from", references(inputs)),
                    .init("led_to", references(outputs)),
                ]))
        }
        for input in inputs { session.output.write("\(input.reference)\n") }
        session.output.write("\(inputs.isEmpty ? "" : "  -> ")\(ArtifactLines.maker(row))\n")
        session.output.write("  -> \(row.reference)  \(row.aliases.joined(separator: " "))\n")
        for use in row.uses {
            session.output.write("    -> \(use)\n")
            for output in outputs where output.trial == use.trial {
                session.output.write("      -> \(output.reference)\n")
            }
        }
    }
}

struct ArtifactGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Write a version's files into a folder; each is checked against its digest.")

    @OptionGroup var choice: ArtifactChoice

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("The folder (default: one named NAME-vN here).", valueName: "folder"),
        completion: .directory)
    var output: String?

    @Flag(help: "One JSON document.") var json = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let (row, files) = try await choice.find(client)
            let name = output ?? "\(row.name)-v\(row.version)"
            let folder = name.hasPrefix("/") ? name : "\(session.directory)/\(name)"
            let fetched = try await ArtifactTransfer(client: client).get(files, into: folder)
            if json {
                session.output.write(
                    Documents.document([
                        .init("artifact", ArtifactTable.json(row)), .init("folder", .string(folder)),
                        .init("fetched_bytes", .int(fetched)),
                    ]))
            } else {
                session.output.write("\(DisplayText.escape(folder))\n")
                session.say("\(row.reference): \(row.files) files, \(ValueText.bytes(fetched)) fetched")
            }
        }
    }
}

struct ArtifactPut: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Keep a file or folder as the next version of an artifact.",
        discussion: "The same content again is the same version, and is not sent.")

    @Argument(help: "The file or folder.", completion: .file())
    var path: String

    @Option(help: ArgumentHelp("Its name (default: that of the file or folder).", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("What kind of thing it is: model, dataset, …", valueName: "type"))
    var type: String?

    @Option(
        name: .customLong("alias"), help: ArgumentHelp("A name that it is to have; can be repeated.", valueName: "name")
    )
    var aliases: [String] = []

    @Option(help: ArgumentHelp("A JSON object that is kept with it.", valueName: "json"))
    var metadata: String?

    @Flag(help: "One JSON document.") var json = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let full = path.hasPrefix("/") ? path : "\(session.directory)/\(path)"
        let name = ArtifactManifest.name(from: name ?? full.split(separator: "/").last.map(String.init) ?? "artifact")
        var object: ParameterValue?
        if let metadata {
            guard let value = try? JSONParser.parse(metadata), value.members != nil else {
                throw SweepError(.usage, "--metadata is no JSON object")
            }
            object = value
        }
        let scan = try ArtifactScan(
            folder: full, type: type, metadata: object, open: ArtifactTransfer.opener(full))
        for skipped in scan.skipped { session.say("left out: \(DisplayText.escape(skipped))") }
        // The first thing that many do: put the data there.
        let address = try await LocalController(common: common, session: session).ensure()
        let (version, sent) = try await Client.connected(to: address) { client in
            try await ArtifactTransfer(client: client).put(scan, from: full, name: name, aliases: aliases)
        }
        if json {
            session.output.write(
                Documents.document([
                    .init("reference", .string("\(name):v\(version)")), .init("name", .string(name)),
                    .init("version", .int(version)), .init("size", .int(scan.manifest.size ?? 0)),
                    .init("file_count", .int(scan.manifest.files.count)), .init("sent_bytes", .int(sent)),
                ]))
        } else {
            session.output.write("\(name):v\(version)\n")
            session.say("\(scan.manifest.files.count) files, \(ValueText.bytes(sent)) sent")
        }
    }
}

struct ArtifactRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a version, and free what nobody else has of it.", aliases: ["rm"])

    @OptionGroup var choice: ArtifactChoice
    @Flag(help: "Every version of the name.") var all = false
    @Flag(help: "One JSON document.") var json = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let freed = try await Client.connected(to: .find(common, session)) { client in
            try await client.one(
                .artifact(.remove(reference: choice.artifact, sweep: choice.sweep, all: all)), as: FreedBlobs.self)
        }
        if json { return session.output.write(Documents.document(ArtifactTable.json(freed))) }
        let versions = "\(freed.versions) version\(freed.versions == 1 ? "" : "s")"
        session.say("\(versions) removed, \(ValueText.bytes(freed.bytes)) freed")
    }
}

struct ArtifactCollect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Free the space of contents that no version has, and say how much it was.")

    @Flag(help: "One JSON document.") var json = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        var limits = Client.Limits()
        limits.reply = .seconds(600)
        let freed = try await Client.connected(to: .find(common, session), limits: limits) { client in
            try await client.one(.artifact(.collect), as: FreedBlobs.self)
        }
        if json { return session.output.write(Documents.document(ArtifactTable.json(freed))) }
        session.output.write(
            "\(ValueText.bytes(freed.bytes)) freed (\(freed.blobs) contents), "
                + "\(ValueText.bytes(freed.keptBytes ?? 0)) kept (\(freed.keptBlobs ?? 0))\n")
    }
}
