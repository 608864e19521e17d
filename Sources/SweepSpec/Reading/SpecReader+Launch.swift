import SweepModel
import SweepSearch

extension SpecReader {
    /// How a trial is started: `command`, `program`, `environment`, `workdir`, `timeout`, `resources`.
    mutating func readLaunch(_ parameters: [ReadParameter]) -> LaunchSpec {
        let program = text("program").flatMap { $0.isEmpty ? nil : $0 }
        let names = parameterNames(parameters)
        let command = readCommand(program: program, names: names.all)
        let environment = readEnvironment()
        return LaunchSpec(
            command: command, program: program, workdir: readWorkdir(), environment: environment,
            timeout: readTimeout(), gpus: readResources(), project: text("project"), entity: text("entity"),
            sweepName: text("name"), optionalParameters: names.optional.isEmpty ? nil : names.optional,
            inputs: readInputs(environment))
    }

    /// The names that are macros: those of parameters, and of the groups around them.
    private func parameterNames(_ parameters: [ReadParameter]) -> (all: Set<String>, optional: [String]) {
        var all: Set<String> = []
        var always: Set<String> = []
        for read in parameters {
            for length in 1...max(1, read.parameter.path.count) {
                let name = read.parameter.path.prefix(length).joined(separator: ".")
                all.insert(name)
                if read.parameter.condition == nil { always.insert(name) }
            }
        }
        return (all, all.subtracting(always).sorted())
    }

    // MARK: command

    private mutating func readCommand(program: String?, names: Set<String>) -> [String] {
        guard let entry = top["command"], !entry.value.isNull else { return usualCommand(program) }
        guard let elements = entry.value.elements else {
            let words = entry.value.text?.split(separator: " ").prefix(8).joined(separator: ", ") ?? "…"
            log.warning(
                "'command' must be a list, but it is \(entry.value.kind); W&B's usual command is used",
                at: entry.value.place, mend: "write 'command: [\(words)]'")
            return usualCommand(program)
        }
        guard !elements.isEmpty else {
            log.warning("'command' is empty; W&B's usual command is used", at: entry.keyPlace)
            return usualCommand(program)
        }
        return elements.map { element in
            // Items are texts, but numbers and booleans are as good: W&B writes them as Python does.
            let text = PythonText.str(element.value)
            check(CommandItem(text), at: element.place, program: program, names: names)
            return text
        }
    }

    private mutating func usualCommand(_ program: String?) -> [String] {
        if program == nil {
            log.warning(
                "there is neither 'program' nor 'command', so no trial can be started", at: nil,
                mend: "add 'program: train.py'")
        }
        return CommandTemplate.standard
    }

    private mutating func check(_ item: CommandItem, at place: Place, program: String?, names: Set<String>) {
        for name in item.macros {
            if CommandTemplate.environmentVariable(in: name) != nil { continue }
            let isWhole = item.wholeMacro != nil
            if let macro = CommandMacro(rawValue: name) {
                if macro == .program, program == nil {
                    log.warning(
                        "the command has ${program}, but there is no 'program', so no trial can be started", at: place,
                        mend: "add 'program: train.py', or write the script's name here")
                }
                continue
            }
            if names.contains(name) || name == "seed" { continue }
            let meant = log.isFull ? nil : nearestMacro(to: name, names)
            if isWhole {
                log.error(
                    "there is no macro ${\(name.prefix(60))}", at: place,
                    mend: meant.map { "did you mean ${\($0)}?" } ?? "use ${envvar:NAME} for an environment variable")
            } else if let meant {
                log.warning(
                    "there is no macro ${\(name.prefix(60))}; it is passed as it stands", at: place,
                    mend: "did you mean ${\(meant)}?")
            }
        }
    }

    private func nearestMacro(to name: String, _ names: Set<String>) -> String? {
        Spelling.nearest(to: name, among: CommandMacro.allCases.map(\.rawValue) + names.sorted() + ["seed"])
    }

    // MARK: environment and place

    private mutating func readEnvironment() -> [String: String] {
        guard let entry = top["environment"], !entry.value.isNull else { return [:] }
        guard let fields = entry.value.entries else {
            log.error(
                "'environment' must be a mapping, but it is \(entry.value.kind)", at: entry.value.place,
                mend: "write 'environment: {OMP_NUM_THREADS: 4}'")
            return [:]
        }
        var environment: [String: String] = [:]
        for field in fields {
            let isName = field.key.utf8.enumerated().allSatisfy { index, byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
                default: false
                }
            }
            guard isName else {
                log.error(
                    "'\(field.key.prefix(60))' is no name of an environment variable", at: field.keyPlace,
                    mend: "use letters, digits and '_', a letter first")
                continue
            }
            // As the file has it: `1e-5` stays `1e-5`.
            guard case .scalar(let value, let text) = field.value.content else {
                log.error(
                    "the environment variable '\(field.key)' must be a text, but it is \(field.value.kind)",
                    at: field.value.place)
                continue
            }
            environment[field.key] = value == .null ? "" : text
        }
        return environment
    }

    private mutating func readWorkdir() -> String? {
        guard let entry = top["workdir"], !entry.value.isNull else { return nil }
        guard let path = entry.value.text, !path.isEmpty else {
            log.error("'workdir' must be a path, but it is \(entry.value.kind)", at: entry.value.place)
            return nil
        }
        guard !path.hasPrefix("~") else {
            log.error(
                "'workdir' begins with '~', which only a shell expands", at: entry.value.place,
                mend: "write the whole path")
            return nil
        }
        guard !path.hasPrefix("/"), let folder else { return path }
        let relative = path == "." ? "" : path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return relative.isEmpty ? folder : folder.hasSuffix("/") ? folder + relative : folder + "/" + relative
    }

    // MARK: limits

    private mutating func readTimeout() -> Double? {
        guard let entry = top["timeout"], !entry.value.isNull else { return nil }
        if let seconds = entry.value.value.number ?? entry.value.value.string.flatMap(Self.seconds), seconds > 0,
            seconds <= 1e9
        {
            return seconds
        }
        log.error(
            "'timeout' must be a time above 0, but it is \(entry.value.kind)", at: entry.value.place,
            mend: "write seconds (3600), or 90s, 30m, 2h, 1d, 1h30m")
        return nil
    }

    /// The seconds of `90s`, `30m`, `1.5h`, `1d`, `1h30m`; nil for anything else.
    static func seconds(_ text: String) -> Double? {
        var total = 0.0
        var rest = text[...]
        guard !rest.isEmpty, rest.utf8.count <= 40 else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            rest = rest.dropFirst(digits.count)
            guard let number = Double(String(digits)), let unit = rest.popFirst() else { return nil }
            switch unit {
            case "s": total += number
            case "m": total += number * 60
            case "h": total += number * 3600
            case "d": total += number * 86400
            default: return nil
            }
        }
        return total
    }

    private mutating func readResources() -> Int? {
        guard let entry = top["resources"], !entry.value.isNull else { return nil }
        guard let fields = entry.value.entries else {
            log.error(
                "'resources' must be a mapping, but it is \(entry.value.kind)", at: entry.value.place,
                mend: "write 'resources: {gpus: 1}'")
            return nil
        }
        var gpus: Int?
        for field in fields {
            if field.key == "gpus" {
                gpus = integer(field, in: 0...1024)
            } else {
                unknown(field, among: ["gpus"], in: "'resources'")
            }
        }
        return gpus
    }
}
