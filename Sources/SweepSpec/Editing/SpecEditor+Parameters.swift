import Glibc
import SweepModel
import SweepSearch

extension SpecEditor {
    /// `lr=0.3` → the parameter, its entry in the file, and the text after the sign.
    private static func target(
        _ text: String, _ option: String, _ space: SearchSpace
    ) throws(SweepError) -> (parameter: Parameter, path: [String], value: String) {
        guard let sign = text.firstIndex(of: "=") else {
            throw SweepError(.usage, "\(option) '\(text.prefix(60))' has no '='", remedy: "write \(option) lr=0.3")
        }
        let name = String(text[..<sign]).trimmingSpaces
        let value = String(text[text.index(after: sign)...]).trimmingSpaces
        guard let parameter = space.parameters.first(where: { $0.name == name }) else {
            let names = space.parameters.map(\.name)
            throw SweepError(
                .usage, "\(option) '\(text.prefix(60))': there is no parameter '\(name.prefix(60))'",
                remedy: Spelling.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                    ?? "there are \(names.prefix(12).joined(separator: ", "))")
        }
        var path: [String] = []
        for component in parameter.path { path += ["parameters", component] }
        return (parameter, path, value)
    }

    /// One value, or a list of several in brackets.
    private static func values(_ text: String, _ option: String) throws(SweepError) -> [ParameterValue] {
        guard let first = text.first else {
            throw SweepError(.usage, "\(option) names no value", remedy: "write \(option) lr=0.3")
        }
        guard first == "[" || first == "{" || first == "\"" || first == "'" else { return [Region.literal(text)] }
        let value = try node(text, option).value
        if case .list(let elements) = value { return elements }
        return [value]
    }

    static func add(_ text: String, _ draft: inout YAMLDraft, _ space: SearchSpace) throws(SweepError) {
        let (parameter, path, written) = try target(text, "--add", space)
        let new = try values(written, "--add")
        guard let entry = draft[path] else { throw notWritten(parameter) }
        var list: [ParameterValue]
        var members = entry.members ?? []
        if case .list(let known)? = entry["values"], entry["probabilities"] == nil {
            list = known
        } else if let constant = entry["value"] {
            list = [constant]
        } else {
            throw SweepError(
                .usage,
                "--add '\(text.prefix(60))': '\(parameter.name)' has no list of values, but "
                    + parameter.distribution.summary,
                remedy: entry["probabilities"] == nil
                    ? "give its new ends: --range \(parameter.name)=LOW:HIGH" : "give the whole file: --file")
        }
        for value in new {
            if list.contains(where: { $0.isSame(as: value) }) {
                throw SweepError(
                    .usage, "--add '\(text.prefix(60))': '\(parameter.name)' has that value already",
                    remedy: "its values: \(YAMLText.flow(.list(Array(list.prefix(12)))))")
            }
            list.append(value)
        }
        members.removeAll { $0.key == "value" || $0.key == "values" || $0.key == "distribution" }
        draft.set(path, .object(members + [.init("values", .list(list))]))
    }

    static func drop(_ text: String, _ draft: inout YAMLDraft, _ space: SearchSpace) throws(SweepError) {
        let (parameter, path, written) = try target(text, "--drop", space)
        guard case .list(var list)? = draft[path]?["values"], draft[path]?["probabilities"] == nil else {
            throw SweepError(
                .usage,
                "--drop '\(text.prefix(60))': '\(parameter.name)' has no list of values, but "
                    + parameter.distribution.summary,
                remedy: "exclude the value: --exclude '\(parameter.name) = \(written.prefix(40))'")
        }
        for value in try values(written, "--drop") {
            guard list.contains(where: { $0.isSame(as: value) }) else {
                throw SweepError(
                    .usage, "--drop '\(text.prefix(60))': '\(parameter.name)' has no such value",
                    remedy: "its values: \(YAMLText.flow(.list(Array(list.prefix(12)))))")
            }
            list.removeAll { $0.isSame(as: value) }
        }
        try setValues(list, of: parameter, path, "--drop '\(text.prefix(60))'", &draft)
    }

    private static func setValues(
        _ list: [ParameterValue], of parameter: Parameter, _ path: [String], _ option: String, _ draft: inout YAMLDraft
    ) throws(SweepError) {
        guard !list.isEmpty else {
            throw SweepError(
                .usage, "\(option): no value of '\(parameter.name)' would be left",
                remedy: "leave one, or stop the sweep: sweep stop")
        }
        draft.set(path + ["values"], .list(list))
    }

    /// `lr=1e-4:1e-2`.
    static func range(_ text: String, _ draft: inout YAMLDraft, _ space: SearchSpace) throws(SweepError) {
        let (parameter, path, written) = try target(text, "--range", space)
        let ends = written.split(separator: ":", omittingEmptySubsequences: false).map { Region.literal(String($0)) }
        guard ends.count == 2, let low = ends[0].number, let high = ends[1].number, low.isFinite, high.isFinite else {
            throw SweepError(
                .usage, "--range '\(text.prefix(60))' gives no two numbers", remedy: "write --range lr=1e-4:1e-2")
        }
        guard low < high else {
            throw SweepError(
                .usage, "--range '\(text.prefix(60))': the first number is not below the second", remedy: "swap them")
        }
        let entry = draft[path]
        if case .list(let list)? = entry?["values"] {
            let kept = list.filter { $0.number.map { (low...high).contains($0) } ?? false }
            return try setValues(kept, of: parameter, path, "--range '\(text.prefix(60))'", &draft)
        }
        let law = type(of: parameter.distribution).name
        guard entry?["min"] != nil || entry?["max"] != nil || law == "beta" else {
            throw SweepError(
                .usage,
                "--range '\(text.prefix(60))': '\(parameter.name)' has no ends, but "
                    + parameter.distribution.summary, remedy: "give the whole file: --file")
        }
        var (first, second) = (ends[0], ends[1])
        if ["log_uniform", "q_log_uniform", "inv_log_uniform"].contains(law) {
            // Its ends are exponents in the file; people give the values.
            guard low > 0 else {
                throw SweepError(
                    .usage, "--range '\(text.prefix(60))': a logarithmic law is above 0",
                    remedy: "give a low end above 0")
            }
            (first, second) =
                law == "inv_log_uniform"
                ? (.double(-log(high)), .double(-log(low))) : (.double(log(low)), .double(log(high)))
        }
        draft.set(path + ["min"], first)
        draft.set(path + ["max"], second)
    }

    private static func notWritten(_ parameter: Parameter) -> SweepError {
        SweepError(.usage, "'\(parameter.name)' is not found in the file", remedy: "give the whole file: --file")
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
