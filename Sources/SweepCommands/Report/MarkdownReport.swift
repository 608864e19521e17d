import SweepModel
import SweepSearch
import SweepSpec
import SweepWire

/// The report for a pull request or an issue.
struct MarkdownReport {
    let report: SweepReport

    var text: String {
        [head, best, matters, failures, edits, code, reproduce].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var head: String {
        let report = report
        var lines = ["# \(escape(report.title))", ""]
        if let description = report.spec.description { lines += [escape(description), ""] }
        if let note = report.remark(of: nil)?.note, !note.isEmpty { lines += [quoted(note), ""] }
        let goal = report.sweep.goal.map { "\($0.rawValue) `\(code(report.metric))`" } ?? "no objective"
        lines.append(
            "- sweep `\(report.sweep.id)`, \(report.sweep.state.rawValue)\(report.sweep.reason.map { ": \(escape($0))" } ?? "")"
        )
        lines.append("- question: \(goal), method `\(code(report.sweep.method))`")
        lines.append("- trials: \(report.trialCounts)")
        lines.append("- cost: \(report.cost)")
        if let forecast = report.forecast { lines.append("- going on: \(forecast)") }
        if let tags = report.remark(of: nil)?.tags, !tags.isEmpty {
            lines.append("- tags: \(tags.map { "`\(code($0))`" }.joined(separator: ", "))")
        }
        return lines.joined(separator: "\n")
    }

    private var best: String {
        guard !report.best.isEmpty else { return "## Best trials\n\nNo trial has a value yet." }
        let names = Array(report.columns.prefix(8))
        let head = ["#", "trial", report.metric] + names + ["time", "note"]
        let rows = report.best.enumerated().map { index, row in
            let remark = report.remark(of: row.number)
            return ["\(index + 1)", "\(row.number)\(remark?.star == true ? " ★" : "")", report.value(of: row)]
                + names.map { report.parameter($0, row) }
                + [
                    SweepReport.seconds(row, report.now).map { TimeText.duration($0) } ?? "–",
                    remark?.note ?? "",
                ]
        }
        let isRepeated = report.best.contains { report.spread(of: $0) != nil }
        return "## Best trials\n\n" + table(head, rows)
            + (isRepeated ? "\n\n± is the standard error over repeats; ≈ cannot be told from the best (95 %)." : "")
    }

    private var matters: String {
        guard let importance = report.importance, !importance.shares.isEmpty else { return "" }
        let rows = importance.shares.sorted { $0.share > $1.share }.prefix(20).map {
            [$0.name, ImportanceCommand.percent($0.share), "±\(ImportanceCommand.percent($0.deviation))"]
        }
        return "## What matters\n\n" + table(["parameter", "share", ""], Array(rows))
            + "\n\n\(ImportanceCommand.percent(importance.together)) is explained only by several together; learnt from "
            + "\(ValueText.plural(importance.learntFrom, "trial"))."
    }

    private var failures: String {
        guard !report.failures.isEmpty else { return "" }
        return "## Failures\n\n"
            + report.failures.map { "- \($0.count) × \(escape($0.reason))" }.joined(separator: "\n")
    }

    private var edits: String {
        guard let edits = report.sweep.edits, !edits.isEmpty else { return "" }
        return "## Changes while it ran\n\n"
            + edits.map { edit in
                "- \(TimeText.iso(edit.time)): \(escape(edit.changes.joined(separator: "; ")))"
                    + (edit.because.map { " (\(escape($0)))" } ?? "")
            }.joined(separator: "\n")
    }

    private var code: String {
        guard !report.code.isEmpty else { return "" }
        let lines = report.code.map { state in
            let commit = state.commit.map { "`\($0.prefix(12))`" } ?? "no commit"
            let shown = state.link.map { "[\(commit)](\($0))" } ?? commit
            return "- \(shown)\(state.isChanged ? " with changes that are in the record (`diff.patch`)" : "")"
        }
        return "## Code\n\n" + lines.joined(separator: "\n")
    }

    private var reproduce: String {
        var lines = ["## Reproduce", ""]
        if let command = report.commandLine, let best = report.best.first {
            lines += ["The best trial, \(best.number):", "", fenced(command, "sh"), ""]
        }
        lines += [
            "<details><summary>The sweep's file</summary>", "", fenced(report.sweep.yaml ?? "", "yaml"), "",
            "</details>",
        ]
        return lines.joined(separator: "\n")
    }

    private func table(_ head: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String]) -> String { "| " + cells.map(cell).joined(separator: " | ") + " |" }
        return ([line(head), "|" + String(repeating: " --- |", count: head.count)] + rows.map(line)).joined(
            separator: "\n")
    }

    private func cell(_ text: String) -> String { escape(text).replacing("|", with: "\\|") }

    /// Text of a run as text: no markup, no links, no HTML, no second line.
    private func escape(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\", "`", "*", "_", "[", "]", "<", ">", "#", "~", "!": result += "\\\(character)"
            case "&": result += "&amp;"
            case _ where character.isNewline: result += " "
            default: result.append(character)
            }
        }
        return result
    }

    private func code(_ text: String) -> String {
        text.replacing("`", with: "'").replacing("\n", with: " ").replacing("|", with: "\\|")
    }

    private func quoted(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { "> \(escape(String($0)))" }.joined(
            separator: "\n")
    }

    /// A fence that is longer than any in the text.
    private func fenced(_ text: String, _ language: String) -> String {
        var longest = 2
        var run = 0
        for character in text {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return "\(fence)\(language)\n\(text.hasSuffix("\n") ? String(text.dropLast()) : text)\n\(fence)"
    }
}
