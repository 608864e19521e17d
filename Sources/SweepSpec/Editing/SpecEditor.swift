package import SweepModel
package import SweepSearch

/// A sweep's file after an edit, and what that means.
package struct EditedSpec: Sendable {
    package var yaml: String
    package var spec: SweepSpec
    /// Points that were asked for, complete.
    package var points: [Point]
    /// What is different, in words, a line each.
    package var changes: [String]
    package var warnings: [Diagnostic]
}

/// Changes a sweep's file as an `EditRequest` says, and checks the result as any file is checked.
package enum SpecEditor {
    /// - Throws: what cannot be, with the option or the place in the file, and what to do.
    package static func edit(
        _ yaml: String, by request: EditRequest, folder: String? = nil
    ) throws(SweepError) -> EditedSpec {
        try request.checkSize()
        let before = try spec(yaml, folder, "the sweep's file").spec
        let text = try changed(request.yaml ?? yaml, request, request.yaml == nil ? before : nil, folder)
        let (after, warnings) = try spec(text, folder, request.yaml == nil ? "the changed file" : "the new file")
        try SpecChanges.check(from: before, to: after)
        let points = try request.tries.map { text throws(SweepError) in try point(text, in: after) }
        var changes = SpecChanges.words(from: before, to: after)
        changes += zip(request.tries, points).map { "try \($0.0)" }
        guard !changes.isEmpty || request.yaml.map({ $0 != yaml }) == true else {
            throw SweepError(.usage, "the edit changes nothing", remedy: "'sweep show --yaml' prints the sweep's file")
        }
        if changes.isEmpty { changes = ["the file's text only"] }
        return EditedSpec(yaml: text, spec: after, points: points, changes: changes, warnings: warnings)
    }

    private static func spec(
        _ yaml: String, _ folder: String?, _ name: String
    ) throws(SweepError) -> (spec: SweepSpec, warnings: [Diagnostic]) {
        let result = SpecParser.parse(yaml, folder: folder)
        guard let spec = result.spec, result.errors.isEmpty else { throw error(result.errors, name) }
        return (spec, result.warnings)
    }

    static func error(_ problems: [Diagnostic], _ name: String) -> SweepError {
        let lines = problems.prefix(10).map { DiagnosticText.line($0, file: name) }
        return SweepError(
            .usage, lines.isEmpty ? "\(name) cannot be read" : lines.joined(separator: "\n"),
            remedy: "'sweep show --yaml' prints the sweep's file")
    }

    // MARK: Options

    private static func changed(
        _ yaml: String, _ request: EditRequest, _ known: SweepSpec?, _ folder: String?
    ) throws(SweepError) -> String {
        guard request.changesEntries else { return yaml }
        var log = DiagnosticLog(strict: false)
        guard let root = YAMLReader.read(yaml, log: &log) else { throw error(log.diagnostics, "the sweep's file") }
        let space: SearchSpace
        if let known { space = known.space } else { space = try spec(yaml, folder, "the new file").spec.space }
        var draft = YAMLDraft(yaml, root: root)
        if let text = request.runCap { draft.set(["run_cap"], try count(text, "run cap")) }
        if let text = request.parallel { draft.set(["parallel"], try count(text, "parallel")) }
        if let priority = request.priority { draft.set(["priority"], .int(priority)) }
        if let text = request.budget {
            draft.set(["budget"], isNone(text) ? nil : .object([.init("time", Region.literal(text))]))
        }
        if let text = request.stop { draft.set(["early_terminate"], try stopping(text)) }
        for text in request.add { try add(text, &draft, space) }
        for text in request.drop { try drop(text, &draft, space) }
        for text in request.range { try range(text, &draft, space) }
        try regions(request, &draft, space)
        return draft.text()
    }

    private static func isNone(_ text: String) -> Bool { ["none", "no", ""].contains(text.lowercased()) }

    private static func count(_ text: String, _ what: String) throws(SweepError) -> ParameterValue? {
        if isNone(text) { return nil }
        guard let count = Int(text), count > 0 else {
            throw SweepError(
                .usage, "the \(what) is a whole number above 0, not '\(text.prefix(40))'",
                remedy: "'none' takes it away")
        }
        return .int(count)
    }

    private static func stopping(_ text: String) throws(SweepError) -> ParameterValue? {
        if isNone(text) { return .object([.init("type", .string(EarlyTerminate.none))]) }
        let value = try node(text, "--stop").value
        if let name = value.string { return .object([.init("type", .string(name))]) }
        guard value.members != nil else {
            throw SweepError(
                .usage, "--stop takes a rule's name or its keys, not '\(text.prefix(60))'",
                remedy: "write --stop hyperband, or --stop '{type: hyperband, min_iter: 3}'")
        }
        return value
    }

    private static func regions(
        _ request: EditRequest, _ draft: inout YAMLDraft, _ space: SearchSpace
    ) throws(SweepError) {
        guard !request.exclude.isEmpty || !request.include.isEmpty else { return }
        var all: [String]
        switch draft[["exclude"]] {
        case .list(let values): all = values.compactMap(\.string)
        case .string(let text): all = [text]
        default: all = []
        }
        for text in request.include {
            guard all.contains(text) else {
                throw SweepError(
                    .usage, "no region '\(text.prefix(80))' is excluded",
                    remedy: all.isEmpty ? "none is" : "there are: \(all.prefix(5).joined(separator: "; "))")
            }
            all.removeAll { $0 == text }
        }
        for text in request.exclude where !all.contains(text) {
            do {
                _ = try Region(text, space: space)
            } catch {
                throw SweepError(.usage, "--exclude '\(text.prefix(120))': \(error.message)", remedy: error.remedy)
            }
            all.append(text)
        }
        draft.set(["exclude"], all.isEmpty ? nil : .list(all.map { .string($0) }))
    }

    static func node(_ text: String, _ option: String) throws(SweepError) -> YAMLNode {
        var log = DiagnosticLog(strict: false)
        guard let node = YAMLReader.read(text, log: &log) else {
            throw SweepError(
                .usage, "\(option) '\(text.prefix(80))': \(log.diagnostics.first?.message ?? "it is no YAML")",
                remedy: log.diagnostics.first?.mend ?? "write it as in a sweep file")
        }
        return node
    }

    // MARK: Points

    private static func point(_ text: String, in space: SweepSpec) throws(SweepError) -> Point {
        let node = try node(text, "--try")
        var reader = SpecReader(log: DiagnosticLog(strict: false), folder: nil)
        reader.top["initial"] = YAMLNode.Entry(key: "initial", keyPlace: node.place, value: node)
        let points = reader.readInitial(space.space)
        guard !reader.log.hasErrors, points.count == 1, let point = points.first else {
            let problem = reader.log.diagnostics.first
            throw SweepError(
                .usage,
                "--try '\(text.prefix(80))': "
                    + (problem?.message.replacing("'initial'", with: "it") ?? "it must name one point"),
                remedy: problem?.mend ?? "write --try '{lr: 0.01}'")
        }
        return point
    }
}
