import SweepModel

/// A chart as SVG: shapes and texts alone, readable in light and in dark, with a title for those who do not see it.
package struct ChartSVG: Sendable {
    private let chart: Chart
    private let width: Double
    private let height: Double
    private let left: Double
    private let right = 14.0
    private let top = 26.0
    private let bottom = 40.0

    package init(_ chart: Chart, width: Int = 720, height: Int = 300) {
        self.chart = chart
        self.width = Double(width)
        self.height = Double(height)
        let longest = chart.y.ticks(8).map { min(22, $0.text.count) }.max() ?? 4
        left = 30 + Double(longest) * 6.6
    }

    /// Colours that people tell apart who do not see all of them (Okabe and Ito), for both grounds.
    private static let style = """
        .chart{font:12px system-ui,sans-serif;fill:#17212b;max-width:100%;height:auto}
        .chart .grid{stroke:#d9dee5}.chart .dim{fill:#56626f}.chart .line{fill:none;stroke-width:1.8}
        .chart .ground{fill:#fff}.chart .faint{stroke:#7a8591;fill:#7a8591;opacity:.25}
        .chart .best{stroke:#9a1c6b;fill:#9a1c6b}.chart .completed{stroke:#0072b2;fill:#0072b2}
        .chart .pruned{stroke:#b58900;fill:#b58900}.chart .failed{stroke:#c2410c;fill:#c2410c}
        .chart .running{stroke:#00875f;fill:#00875f}.chart .s0{stroke:#0072b2;fill:#0072b2}
        .chart .s1{stroke:#d55e00;fill:#d55e00}.chart .s2{stroke:#009e73;fill:#009e73}
        .chart .s3{stroke:#b04a86;fill:#b04a86}.chart .s4{stroke:#b58900;fill:#b58900}
        .chart .s5{stroke:#56b4e9;fill:#56b4e9}.chart .s6{stroke:#6a4c93;fill:#6a4c93}
        .chart .s7{stroke:#4d4d4d;fill:#4d4d4d}.chart .line{fill:none}
        @media(prefers-color-scheme:dark){.chart{fill:#e6ebf0}.chart .grid{stroke:#303b47}.chart .dim{fill:#a0adba}
        .chart .ground{fill:#182029}.chart .best{stroke:#f08fcb;fill:#f08fcb}.chart .completed,.chart .s0{stroke:#56b4e9;fill:#56b4e9}
        .chart .s6{stroke:#b59be0;fill:#b59be0}.chart .s7{stroke:#c0c8d0;fill:#c0c8d0}.chart .line{fill:none}}
        """

    /// A file of its own, with its colours.
    package var text: String {
        var out =
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(n(width)) \(n(height))\" width=\"\(n(width))\" height=\"\(n(height))\" role=\"img\" aria-label=\"\(MarkupText.escape(chart.title))\">"
        out += "<title>\(MarkupText.escape(chart.title))</title>"
        out += "<style>\(Self.style)</style>"
        out += "<rect class=\"ground\" width=\"100%\" height=\"100%\"/>"
        out += text(left, 16, chart.title, "font-weight=\"600\"")
        if chart.isEmpty {
            out += text(width / 2, height / 2, "no values yet", "text-anchor=\"middle\" class=\"dim\"")
        } else {
            out += axes() + chart.layers.map(draw).joined() + labels()
        }
        out += legend() + "</svg>"
        return out
    }

    private func px(_ value: Double) -> Double? {
        chart.x.place(value).map { left + min(1.02, max(-0.02, $0)) * (width - left - right) }
    }

    private func py(_ value: Double) -> Double? {
        chart.y.place(value).map { top + (1 - min(1.02, max(-0.02, $0))) * (height - top - bottom) }
    }

    private func axes() -> String {
        var out = ""
        let (w, h) = (width - left - right, height - top - bottom)
        for tick in chart.y.ticks(chart.y.names.isEmpty ? 6 : 40) where (0...1).contains(tick.place) {
            let y = top + (1 - tick.place) * h
            out += "<path class=\"grid\" d=\"M\(n(left)) \(n(y))H\(n(left + w))\"/>"
            out += text(left - 6, y + 4, clip(tick.text, 22), "text-anchor=\"end\" class=\"dim\"")
        }
        for tick in chart.x.ticks(chart.x.names.isEmpty ? 8 : 12) where (0...1).contains(tick.place) {
            let x = left + tick.place * w
            out += "<path class=\"grid\" d=\"M\(n(x)) \(n(top))V\(n(top + h))\"/>"
            out += text(x, top + h + 15, clip(tick.text, 16), "text-anchor=\"middle\" class=\"dim\"")
        }
        out += text(left + w / 2, height - 8, chart.x.label, "text-anchor=\"middle\" class=\"dim\"")
        if !chart.y.label.isEmpty {
            out += text(
                12, top + h / 2, chart.y.label,
                "text-anchor=\"middle\" class=\"dim\" transform=\"rotate(-90 12 \(n(top + h / 2)))\"")
        }
        return out
    }

    private func draw(_ layer: Chart.Layer) -> String {
        let name = Self.name(of: layer.ink)
        switch layer.form {
        case .points:
            return layer.points.compactMap { point in
                guard let x = px(point.x), let y = py(point.y) else { return nil }
                guard layer.ink == .failed else {
                    return "<circle class=\"\(name)\" cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"2.6\" stroke=\"none\"/>"
                }
                return "<path class=\"\(name) line\" d=\"M\(n(x - 3)) \(n(y - 3))l6 6m-6 0l6 -6\"/>"
            }.joined()
        case .line, .steps:
            var path = ""
            var isOpen = false
            for point in layer.points {
                guard let x = px(point.x), let y = py(point.y) else {
                    isOpen = false
                    continue
                }
                if isOpen, layer.form == .steps { path += "H\(n(x))" }
                path += "\(isOpen ? "L" : "M")\(n(x)) \(n(y))"
                isOpen = true
            }
            return "<path class=\"\(name) line\" d=\"\(path)\"/>"
        case .bars: return bars(layer, name)
        }
    }

    private func bars(_ layer: Chart.Layer, _ name: String) -> String {
        let h = (height - top - bottom) / Double(max(1, chart.y.names.count)) * 0.6
        return layer.points.enumerated().compactMap { index, point in
            guard let x = px(point.x), let zero = px(max(0, chart.x.low)), let y = py(point.y) else { return nil }
            var out =
                "<rect class=\"\(name)\" x=\"\(n(zero))\" y=\"\(n(y - h / 2))\" width=\"\(n(max(0.5, x - zero)))\" height=\"\(n(h))\" stroke=\"none\"/>"
            if layer.errors.indices.contains(index), layer.errors[index] > 0,
                let from = px(max(0, point.x - layer.errors[index])), let to = px(point.x + layer.errors[index])
            {
                out += "<path stroke=\"currentColor\" d=\"M\(n(from)) \(n(y))H\(n(to))\"/>"
            }
            return out
        }.joined()
    }

    private func labels() -> String {
        chart.labels.compactMap { label in
            guard let x = px(label.at.x), let y = py(label.at.y) else { return nil }
            return text(x + 5, y + 4, clip(label.text, 24), "")
        }.joined()
    }

    private func legend() -> String {
        var x = max(left + Double(chart.title.count) * 7.5 + 20, width * 0.4)
        var out = ""
        for layer in chart.layers.filter({ $0.name != nil }).prefix(8) {
            let name = clip(layer.name ?? "", 18)
            guard x + Double(name.count) * 6.6 + 16 < width else { break }
            out +=
                "<rect class=\"\(Self.name(of: layer.ink))\" x=\"\(n(x))\" y=\"8\" width=\"9\" height=\"9\" stroke=\"none\"/>"
            out += text(x + 13, 16, name, "class=\"dim\"")
            x += Double(name.count) * 6.6 + 28
        }
        return out
    }

    private static func name(of ink: Chart.Ink) -> String {
        switch ink {
        case .best: "best"
        case .completed: "completed"
        case .pruned: "pruned"
        case .failed: "failed"
        case .running: "running"
        case .faint: "faint"
        case .series(let index): "s\(index.magnitude % 8)"
        }
    }

    private func text(_ x: Double, _ y: Double, _ text: String, _ attributes: String) -> String {
        let space = attributes.isEmpty ? "" : " "
        return "<text x=\"\(n(x))\" y=\"\(n(y))\"\(space)\(attributes)>\(MarkupText.escape(text))</text>"
    }

    private func clip(_ text: String, _ most: Int) -> String {
        text.count > most ? text.prefix(most - 1) + "…" : text
    }

    /// With one digit after the point at most: a tenth of a pixel.
    private func n(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        return tenths == tenths.rounded() ? String(Int(tenths)) : "\(tenths)"
    }
}

/// Text inside HTML and SVG.
package enum MarkupText {
    /// Nothing of `text` is markup then, inside an element or an attribute in double quotes; controls, which XML does not
    /// take, are shown as U+FFFD.
    package static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value & 0xFFFE == 0xFFFE:
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
