import FoundationEssentials
import SweepModel
import SweepSearch
import SweepSpec
import SweepWire

/// The report as one file that needs nothing else: no script, no picture, no font, no network.
struct HTMLReport {
    let report: SweepReport

    var text: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escape(report.title)) · Sweep report</title>
        <style>
        \(Self.style)
        </style>
        </head>
        <body>
        \(head)
        \(best)
        \(history)
        \(matters)
        \(curves)
        \(together)
        \(failures)
        \(edits)
        \(cost)
        \(code)
        \(reproduce)
        <p class="dim">Made by sweep \(escape(SweepBuild.version)), \(escape(TimeText.iso(report.now))).</p>
        </body>
        </html>

        """
    }

    private static let style = """
        :root{color-scheme:light dark}
        body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:0 auto;padding:16px;color:#17212b;background:#fff}
        h1{font-size:26px;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:19px;margin:28px 0 6px}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}
        th,td{text-align:left;padding:3px 10px 3px 0;border-bottom:1px solid #d9dee5;vertical-align:top}
        td.n{text-align:right}.dim{color:#56626f}blockquote{border-left:4px solid #0b6e99;margin:8px 0;padding:2px 12px;white-space:pre-wrap}
        pre{background:#f1f4f7;padding:10px;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:10px 0}dt{color:#56626f}dd{margin:0;overflow-wrap:anywhere}
        figure{margin:8px 0}img{max-width:100%;height:auto}figcaption{color:#56626f;font-size:13px}
        @media(prefers-color-scheme:dark){body{background:#10151b;color:#e6ebf0}th,td{border-color:#303b47}pre{background:#182029}
        .dim,dt,figcaption{color:#a0adba}a{color:#7cc4ea}}
        @media print{body{max-width:none}details>*{display:block}}
        """

    private var head: String {
        let (report, sweep) = (report, report.sweep)
        let remark = report.remark(of: nil)
        let goal = sweep.goal.map { "\($0.rawValue) \(report.metric)" } ?? "none"
        var facts: [(String, String)] = [
            ("sweep", "\(sweep.id), \(sweep.state.rawValue)\(sweep.reason.map { ": \($0)" } ?? "")"),
            ("question", goal), ("method", sweep.method), ("trials", report.trialCounts), ("cost", report.cost),
            ("created", TimeText.iso(sweep.created)),
        ]
        if let best = report.best.first {
            facts.insert(("best", "\(report.value(of: best)) in trial \(best.number)"), at: 2)
        }
        if let forecast = report.forecast { facts.append(("going on", forecast)) }
        if let tags = remark?.tags, !tags.isEmpty { facts.append(("tags", tags.joined(separator: ", "))) }
        let note = remark?.note ?? ""
        let space = report.spec.space.parameters.map { [$0.name, $0.distribution.summary] }
        return "<h1>\(escape(report.title))\(remark?.star == true ? " ★" : "")</h1>"
            + (report.spec.description.map { "<p>\(escape($0))</p>" } ?? "")
            + (note.isEmpty ? "" : "<blockquote>\(escape(note))</blockquote>")
            + "<dl>" + facts.map { "<dt>\(escape($0.0))</dt><dd>\(escape($0.1))</dd>" }.joined() + "</dl>"
            + "<h2>What was searched</h2>" + table(["parameter", "law"], space)
    }

    private var best: String {
        guard !report.best.isEmpty else { return "<h2>Best trials</h2><p>No trial has a value yet.</p>" }
        let names = Array(report.columns.prefix(12))
        let rows = report.best.enumerated().map { index, row in
            let remark = report.remark(of: row.number)
            return ["\(index + 1)", "\(row.number)\(remark?.star == true ? " ★" : "")", report.value(of: row)]
                + names.map { report.parameter($0, row) }
                + [
                    SweepReport.seconds(row, report.now).map { TimeText.duration($0) } ?? "–",
                    ([remark?.note ?? ""] + (remark?.tags ?? []).map { "#\($0)" }).filter { !$0.isEmpty }.joined(
                        separator: " "),
                ]
        }
        let isRepeated = report.best.contains { report.spread(of: $0) != nil }
        return "<h2>Best trials</h2>" + table(["#", "trial", report.metric] + names + ["time", "note"], rows)
            + (isRepeated
                ? "<p class=\"dim\">± is the standard error over repeats; ≈ cannot be told from the best (95 %).</p>"
                : "")
            + remarked
    }

    /// What people wrote on trials that are not among the best.
    private var remarked: String {
        let shown = Set(report.best.map(\.number))
        let rows = report.remarks.compactMap { row -> [String]? in
            guard let trial = row.trial, !shown.contains(trial) else { return nil }
            return ["\(trial)\(row.remark.star ? " ★" : "")", row.remark.note, row.remark.tags.joined(separator: ", ")]
        }
        return rows.isEmpty ? "" : "<h2>Notes</h2>" + table(["trial", "note", "tags"], rows)
    }

    private var edits: String {
        guard let edits = report.sweep.edits, !edits.isEmpty else { return "" }
        let rows = edits.map { [TimeText.iso($0.time), $0.changes.joined(separator: "; "), $0.because ?? ""] }
        return "<h2>Changes while it ran</h2>" + table(["when", "what", "because"], rows)
    }

    private var history: String { "<h2>History</h2>" + figure(report.charts.history()) }

    private var matters: String {
        guard let importance = report.importance, !importance.shares.isEmpty else { return "" }
        return "<h2>What matters</h2>"
            + figure(report.charts.importance(importance), height: 70 + 22 * min(20, importance.shares.count))
            + "<p>\(ImportanceCommand.percent(importance.together)) is explained only by several parameters together.</p>"
    }

    private var curves: String {
        report.curves.isEmpty ? "" : "<h2>Learning curves</h2>" + figure(report.charts.curves(report.curves))
    }

    private var together: String {
        report.best.count > 1 ? "<h2>Parameters together</h2>" + figure(report.charts.parallel(), height: 340) : ""
    }

    private var failures: String {
        report.failures.isEmpty
            ? ""
            : "<h2>Failures</h2>" + table(["trials", "reason"], report.failures.map { ["\($0.count)", $0.reason] })
    }

    private var cost: String {
        "<h2>Cost</h2><p>\(escape(report.cost)).</p>" + figure(report.charts.slots(now: report.now), height: 220)
    }

    private var code: String {
        guard !report.code.isEmpty else { return "" }
        let lines = report.code.map { state in
            let commit = "<code>\(escape(String((state.commit ?? "no commit").prefix(12))))</code>"
            let shown = state.link.map { "<a href=\"\(escape($0))\">\(commit)</a>" } ?? commit
            return "<li>\(shown)\(state.isChanged ? " with changes that are in the record (diff.patch)" : "")</li>"
        }
        return "<h2>Code</h2><ul>\(lines.joined())</ul>"
    }

    private var reproduce: String {
        var out = "<h2>Reproduce</h2>"
        if let command = report.commandLine, let best = report.best.first {
            out += "<p>The best trial, \(best.number):</p><pre>\(escape(command))</pre>"
        }
        return out
            + "<details><summary>The sweep’s file</summary><pre>\(escape(report.sweep.yaml ?? ""))</pre></details>"
    }

    private func figure(_ chart: Chart, height: Int = 300) -> String {
        // As a picture: a text browser would run the words of a drawing into one.
        let drawing = Data(ChartSVG(chart, width: 860, height: height).text.utf8).base64EncodedString()
        let words = [chart.title, chart.note].filter { !$0.isEmpty }.joined(separator: ": ")
        return "<figure><img width=\"860\" height=\"\(height)\" alt=\"\(escape(words))\" "
            + "src=\"data:image/svg+xml;base64,\(drawing)\">"
            + (chart.note.isEmpty ? "" : "<figcaption>\(escape(chart.note))</figcaption>") + "</figure>"
    }

    private func table(_ head: [String], _ rows: [[String]]) -> String {
        func isNumber(_ text: String) -> Bool { Double(text) != nil }
        return "<div class=\"wide\"><table><thead><tr>" + head.map { "<th>\(escape($0))</th>" }.joined()
            + "</tr></thead><tbody>"
            + rows.map { row in
                "<tr>" + row.map { "<td\(isNumber($0) ? " class=\"n\"" : "")>\(escape($0))</td>" }.joined() + "</tr>"
            }.joined() + "</tbody></table></div>"
    }

    private func escape(_ text: String) -> String { MarkupText.escape(text) }
}
