import SweepModel

/// W&B's offline run file, `run-ID.wandb` (wandb 0.12 to 0.31): the history as metrics, with `_timestamp` and
/// `_step` (or the step that the script has defined for a metric, ``WandbSteps``);
/// the configuration, texts, histograms, tables and media as details; and of the summary what is not in the history
/// (`run.summary["best"] = …`).
package struct WandbFileSource: MetricFileSource {
    package static let name = "wandb"

    /// Names that are remembered to tell the summary's own values.
    private static let maximumNames = 10_000

    private var log = WandbLog()
    private let prefix: String
    private var historyNames: Set<String> = []
    private var steps = WandbSteps()
    private var summary: [String: Double] = [:]
    /// Of the summary since the last row of the history: newer clients write a row's values to both.
    private var pendingSummary: [(name: String, value: Double)] = []

    package init(prefix: String) { self.prefix = prefix }

    package static func reads(fileName: String) -> Bool { fileName.hasSuffix(".wandb") }

    package mutating func read(_ bytes: [UInt8], _ body: (FileReading) -> Void) {
        // Out of the property while its records change the rest of this value.
        var log = self.log
        self.log = WandbLog()
        log.take(bytes) { record in
            record.eachField { number, value in
                switch number {
                case 2: history(value.content, body)
                case 3: summary(value.content)
                case 5: configuration(value.content, body)
                case 12: steps.define(value.content)
                case 17: run(value.content, body)
                default: break
                }
            }
        }
        self.log = log
    }

    package mutating func finish(_ body: (FileReading) -> Void) { tellSummary(body) }

    // MARK: Records

    /// `HistoryRecord`: item = 1, step = 2 {num = 1}.
    private mutating func history(_ message: UnsafeRawBufferPointer, _ body: (FileReading) -> Void) {
        var reading = MetricReading(metrics: [])
        var details: [RunDetail] = []
        var items: [WandbItem] = []
        var media: Set<String> = []
        message.eachField { number, value in
            if number == 2 {
                reading.step = 0
                value.content.eachField { if $0 == 1, let step = $1.integer { reading.step = step } }
            } else if number == 1, let item = WandbItem(value.content) {
                if item.isType { media.insert(String(item.name.dropLast(6))) }
                items.append(item)
            }
        }
        if !media.isEmpty { details += Self.takeMedia(media, outOf: &items) }
        for item in items {
            guard item.name.utf8.first == UInt8(ascii: "_") else {
                take(item, into: &reading, &details)
                continue
            }
            switch item.name {
            case "_step": if reading.step == nil { reading.step = item.number.flatMap { Int(exactly: $0) } }
            case "_timestamp": reading.time = item.number.flatMap(Timestamp.init(unixSeconds:))
            case "_runtime", "_wandb": break
            default: take(item, into: &reading, &details)
            }
        }
        if let step = reading.step, step < 0 { reading.step = nil }
        for metric in reading.metrics
        where !historyNames.contains(metric.name) && historyNames.count < Self.maximumNames {
            historyNames.insert(metric.name)
        }
        tellSummary(body)
        for placed in steps.place(reading, prefix: prefix) { body(.metrics(placed)) }
        for var detail in details {
            (detail.step, detail.time) = (reading.step, reading.time)
            detail.name = prefix + detail.name
            body(.detail(detail))
        }
    }

    /// Clients from 0.18 take a histogram or an image apart like any nested value (`hist._type`, `hist.bins`, …): put
    /// together again, so that its sizes are not taken for metrics.
    private static func takeMedia(_ media: Set<String>, outOf items: inout [WandbItem]) -> [RunDetail] {
        var members: [String: [ParameterValue.Member]] = [:]
        var sizes: [String: Int] = [:]
        items.removeAll { item in
            guard let point = item.name.lastIndex(of: "."), media.contains(String(item.name[..<point])) else {
                return false
            }
            let name = String(item.name[..<point])
            sizes[name, default: 0] += item.json.count
            if sizes[name, default: 0] <= RunDetail.maximumSize, let value = try? JSONParser.parse(Array(item.json)) {
                members[name, default: []].append(.init(String(item.name[point...].dropFirst()), value))
            }
            return true
        }
        return members.sorted { $0.key < $1.key }.compactMap { name, members in
            let value = ParameterValue.object(members)
            guard sizes[name, default: 0] <= RunDetail.maximumSize, name.utf8.count <= MetricName.maximumLength,
                let kind = kind(of: value)
            else { return nil }
            return RunDetail(name: name, kind: kind, json: value.json())
        }
    }

    private func take(_ item: WandbItem, into reading: inout MetricReading, _ details: inout [RunDetail]) {
        guard item.name.utf8.count <= MetricName.maximumLength - prefix.utf8.count else { return }
        if let number = item.number {
            reading.metrics.append((prefix.isEmpty ? item.name : prefix + item.name, number))
            return
        }
        guard item.json.count <= RunDetail.maximumSize, let value = try? JSONParser.parse(Array(item.json)) else {
            return
        }
        if let members = value.members, value["_type"] == nil {
            // Clients up to 0.17 keep a nested row whole.
            reading.metrics += MetricName.flatten(members, prefix: prefix + item.name + ".")
        } else if let kind = Self.kind(of: value) {
            details.append(RunDetail(name: item.name, kind: kind, json: value.json()))
        }
    }

    private static func kind(of value: ParameterValue) -> String? {
        switch value {
        case .object: value["_type"]?.string.map { String($0.prefix(64)) }
        case .string: "text"
        case .list: "list"
        default: nil
        }
    }

    /// `SummaryRecord`: update = 1.
    private mutating func summary(_ message: UnsafeRawBufferPointer) {
        let first = pendingSummary.count
        var media: Set<String> = []
        message.eachField { number, value in
            guard number == 1, let item = WandbItem(value.content), item.name.utf8.first != UInt8(ascii: "_"),
                pendingSummary.count < Self.maximumNames
            else { return }
            let name = prefix.isEmpty ? item.name : prefix + item.name
            if item.isType { media.insert(String(name.dropLast(6))) }
            // Nearly all are what the history has as well.
            guard !historyNames.contains(name), name.utf8.count <= MetricName.maximumLength, let number = item.number
            else { return }
            if summary[name] != number || number.isNaN { pendingSummary.append((name, number)) }
        }
        guard !media.isEmpty, pendingSummary.count > first else { return }
        // The sizes of a table or an image are no metrics.
        let own = pendingSummary[first...].filter { metric in
            guard let point = metric.name.lastIndex(of: ".") else { return true }
            return !media.contains(String(metric.name[..<point]))
        }
        pendingSummary.replaceSubrange(first..., with: own)
    }

    /// Values of the summary that no row of the history has: the script's own.
    private mutating func tellSummary(_ body: (FileReading) -> Void) {
        guard !pendingSummary.isEmpty else { return }
        let own = pendingSummary.filter { metric in
            guard !historyNames.contains(metric.name), summary.count < Self.maximumNames else { return false }
            defer { summary[metric.name] = metric.value }
            return summary[metric.name].map { $0 != metric.value && !($0.isNaN && metric.value.isNaN) } ?? true
        }
        pendingSummary = []
        if !own.isEmpty { body(.metrics(MetricReading(metrics: own))) }
    }

    /// `ConfigRecord`: update = 1.
    private func configuration(_ message: UnsafeRawBufferPointer, _ body: (FileReading) -> Void) {
        message.eachField { number, value in
            guard number == 1, let item = WandbItem(value.content), item.name != "_wandb",
                !item.name.hasPrefix("_wandb."), item.json.count <= RunDetail.maximumSize,
                item.name.utf8.count <= MetricName.maximumLength
            else { return }
            body(.detail(RunDetail(name: item.name, kind: "config", json: String(decoding: item.json, as: UTF8.self))))
        }
    }

    /// `RunRecord`: what a person has called it, and its configuration.
    private func run(_ message: UnsafeRawBufferPointer, _ body: (FileReading) -> Void) {
        var members: [ParameterValue.Member] = []
        var tags: [ParameterValue] = []
        message.eachField { number, value in
            let name: String? =
                switch number {
                case 1: "id"
                case 3: "project"
                case 6: "group"
                case 7: "jobType"
                case 8: "name"
                case 9: "notes"
                default: nil
                }
            if let name {
                members.append(.init(name, .string(String(decoding: value.content.prefix(4096), as: UTF8.self))))
            } else if number == 10, tags.count < 100 {
                tags.append(.string(String(decoding: value.content.prefix(256), as: UTF8.self)))
            } else if number == 4 {
                configuration(value.content, body)
            }
        }
        if !tags.isEmpty { members.append(.init("tags", .list(tags))) }
        guard !members.isEmpty else { return }
        body(.detail(RunDetail(name: "wandb", kind: "run", json: ParameterValue.object(members).json())))
    }
}

/// An item of a history, summary or configuration: key = 1, nested_key = 2 (repeated), value_json = 16; of a history also
/// boolean = 4, integer = 5, number = 6, text = 7, json = 8. Clients from 0.18 put every key into nested_key.
private struct WandbItem {
    var name = ""
    var json = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The last of several keys is `_type`.
    var isType = false
    private var typed: Double?

    var number: Double? { typed ?? NumberText.parse(json) }

    init?(_ message: UnsafeRawBufferPointer) {
        var fields = Protobuf(message)
        while let field = fields.next() {
            switch field.number {
            case 1: name = field.value.text
            case 2 where name.isEmpty: name = field.value.text
            case 2:
                isType = field.value.content.elementsEqual("_type".utf8)
                name += "." + field.value.text
            case 5: typed = field.value.zigzag.map(Double.init)
            case 6: typed = field.value.double
            case 8, 16: json = field.value.content
            default: break
            }
        }
        if name.isEmpty { return nil }
    }
}
