import Glibc
import SweepModel
import SweepRecord

/// Runs below folders and in files of other tools.
struct ImportedRuns {
    static let mostFiles = 100_000

    private(set) var runs: [ImportedRun] = []
    /// What the tool says is wanted.
    var objective: Objective?
    var name: String?

    var metricNames: [String] { Set(runs.flatMap(\.last.keys)).sorted() }

    mutating func add(_ run: ImportedRun) { runs.append(run) }

    mutating func add(_ path: String, study: String?) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw SweepError(.notFound, "\(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            try addFile(path, study: study)
            return
        }
        let files = try Self.files(below: path)
        for file in files where file.hasSuffix(".wandb") { addWandb(file) }
        addTensorBoard(files.filter { $0.split(separator: "/").last?.contains("tfevents") == true }, below: path)
    }

    private mutating func addFile(_ path: String, study: String?) throws {
        if path.hasSuffix(".wandb") {
            addWandb(path)
        } else if path.split(separator: "/").last?.contains("tfevents") == true {
            addTensorBoard([path], below: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        } else {
            try OptunaStudy.read(path, study: study, into: &self)
        }
    }

    private mutating func addWandb(_ path: String) {
        let folder = path.split(separator: "/").dropLast().last.map(String.init) ?? path
        var run = ImportedRun(name: folder)
        Self.read(path, WandbFileSource(prefix: ""), into: &run)
        if !run.reports.isEmpty || !run.parameters.isEmpty { runs.append(run) }
    }

    /// A run is a folder below `root` with all that is below it, as TensorBoard's writers make sub-folders for a run's hparams
    /// and for groups of scalars; event files in `root` itself are one run.
    private mutating func addTensorBoard(_ files: [String], below root: String) {
        var order: [String] = []
        var byRun: [String: [(file: String, prefix: String)]] = [:]
        for file in files.sorted() {
            let rest = file.dropFirst(root.count + 1).split(separator: "/").map(String.init)
            let name = rest.count > 1 ? rest[0] : ""
            let inner = rest.dropFirst().dropLast()
            let isSession = inner.last.map { $0.allSatisfy { $0.isNumber || $0 == "." } } ?? false
            let prefix = inner.isEmpty || isSession ? "" : inner.joined(separator: "/") + "/"
            if byRun[name] == nil { order.append(name) }
            byRun[name, default: []].append((file, prefix))
        }
        for name in order {
            let whole = root.split(separator: "/").last.map(String.init) ?? root
            var run = ImportedRun(name: name.isEmpty ? whole : name)
            for (file, prefix) in byRun[name] ?? [] {
                Self.read(file, TensorBoardFileSource(prefix: prefix), into: &run)
            }
            run.reports.sort { $0.time < $1.time }
            if !run.reports.isEmpty { runs.append(run) }
        }
    }

    /// Everything of a file; what is damaged ends it.
    private static func read(_ path: String, _ source: some MetricFileSource, into run: inout ImportedRun) {
        guard let file = fopen(path, "re") else { return }
        defer { fclose(file) }
        var source = source
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var found: [FileReading] = []
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            source.read(Array(buffer.prefix(count))) { found.append($0) }
        }
        source.finish { found.append($0) }
        let name = type(of: source).name
        for reading in found {
            switch reading {
            case .metrics(let reading):
                let time = reading.time ?? run.reports.last?.time ?? Timestamp(milliseconds: 0)
                let metrics = Dictionary(reading.metrics.map { ($0.name, $0.value) }) { $1 }
                run.add(Report(step: reading.step, time: time, metrics: metrics, source: name))
            case .detail(let detail):
                guard let value = try? JSONParser.parse(detail.json) else { continue }
                if detail.kind == "config", !detail.name.hasPrefix("_") { run.setParameter(detail.name, value) }
                if detail.kind == "hparams" {
                    for member in value.members ?? [] { run.setParameter(member.key, member.value) }
                }
                if detail.kind == "run", let name = value["name"]?.string { run.name = name }
            }
        }
    }

    /// Files below a folder, by name; links are not followed.
    private static func files(below root: String) throws(SweepError) -> [String] {
        var files: [String] = []
        var folders = [root]
        while let folder = folders.popLast() {
            guard let handle = opendir(folder) else { continue }
            defer { closedir(handle) }
            while let entry = readdir(handle) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard name != ".", name != ".." else { continue }
                let path = "\(folder)/\(name)"
                var status = stat()
                guard lstat(path, &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR { folders.append(path) }
                if status.st_mode & S_IFMT == S_IFREG { files.append(path) }
                guard files.count + folders.count <= mostFiles else {
                    throw SweepError(
                        .usage, "\(root) has more than \(mostFiles) files", remedy: "name the runs' folders")
                }
            }
        }
        return files.sorted()
    }
}
