package import SweepModel

/// The overview of an attempt's record, for people: what it ran on and with which code.
package enum OverviewDetails {
    package static func lines(_ overview: ParameterValue) -> [StyledLine] {
        var facts = FactList()
        func text(_ value: ParameterValue?) -> String? { value?.string }
        facts.add("user", text(overview["user"]))
        let kernel = text(overview["kernel"]).map { ", Linux \($0)" } ?? ""
        facts.add("os", text(overview["os"]).map { $0 + kernel })
        facts.add("cpu", cpu(overview["cpu"]))
        facts.add("memory", whole(overview["memory"]).map { ValueText.bytes($0) })
        if case .list(let gpus)? = overview["gpus"] {
            for gpu in gpus {
                let memory = whole(gpu["memory"]).map { ", \(ValueText.bytes($0))" } ?? ""
                facts.add("gpu", "\(whole(gpu["index"]) ?? 0): \(text(gpu["name"]) ?? "GPU")\(memory)")
            }
        }
        facts.add("driver", text(overview["driver"]))
        facts.add("container", text(overview["container"]))
        if let python = overview["python"] {
            let version = text(python["version"]).map { "\($0), " } ?? ""
            let packages = whole(python["packages"]).map { " (\($0) packages)" } ?? ""
            facts.add("python", version + (text(python["executable"]) ?? "") + packages)
        }
        if let code = overview["code"] { addCode(code, to: &facts) }
        return facts.lines(indent: 2)
    }

    private static func addCode(_ code: ParameterValue, to facts: inout FactList) {
        facts.add("remote", code["remote"]?.string)
        let branch = code["branch"]?.string.map { " on \($0)" } ?? ""
        facts.add("commit", code["commit"]?.string.map { $0 + branch })
        guard let patch = whole(code["patch"]) else { return }
        let leftOut = whole(code["left_out_count"]) ?? 0
        let rest = leftOut > 0 ? "; \(ValueText.plural(leftOut, "file")) not in it" : ""
        facts.add(
            code["commit"] == nil ? "code" : "changes", "\(ValueText.bytes(patch)) in \(RecordFileName.diff)\(rest)")
    }

    private static func cpu(_ value: ParameterValue?) -> String? {
        guard let value, let logical = whole(value["logical"]) else { return nil }
        return (value["model"]?.string.map { "\($0), " } ?? "") + "\(logical) processors"
    }

    private static func whole(_ value: ParameterValue?) -> Int? {
        switch value {
        case .int(let number): number
        case .double(let number): Int(exactly: number)
        default: nil
        }
    }
}
