import SweepModel

/// `notify`: who is told of what.
extension SpecReader {
    private static let targetKeys = ["command", "webhook", "format", "on", "every", "stalled_after", "gpu_hot"]
    private static let maximumTargets = 16
    private static let notifyExample = "write 'notify: [{webhook: \"https://…\", on: [finished, failed]}]'"

    mutating func readNotify() -> Notify? {
        guard let entry = top["notify"], !entry.value.isNull else { return nil }
        let nodes = entry.value.elements ?? [entry.value]
        guard nodes.count <= Self.maximumTargets else {
            log.error("'notify' has \(nodes.count) targets; it has at most \(Self.maximumTargets)", at: entry.keyPlace)
            return nil
        }
        var rules = AlertRules(kinds: [])
        var stalled: [Double] = []
        var hot: [Double] = []
        var targets: [NotifyTarget] = []
        for node in nodes {
            guard let fields = node.entries else {
                log.error(
                    "a target of 'notify' must be a mapping, but it is \(node.kind)", at: node.place,
                    mend: Self.notifyExample)
                continue
            }
            for field in fields where !Self.targetKeys.contains(field.key) {
                unknown(field, among: Self.targetKeys, in: "a target of 'notify'")
            }
            let named = Dictionary(fields.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
            let way = readWay(named, node.place)
            let kinds = named["on"].map { readKinds($0) }
            let every = named["every"].flatMap { readTime($0, from: 0) }
            if let seconds = named["stalled_after"].flatMap({ readTime($0, from: 1) }) { stalled.append(seconds) }
            if let degrees = named["gpu_hot"].flatMap({ readDegrees($0) }) { hot.append(degrees) }
            guard let way else { continue }
            var target = NotifyTarget(way)
            if let kinds { target.kinds = kinds }
            if let every { target.every = every }
            targets.append(target)
            rules.kinds.formUnion(target.kinds)
        }
        // One alert for all: the most watchful of them decides when.
        if let least = stalled.min() { rules.stalledAfter = least }
        if let least = hot.min() { rules.hotAt = least }
        return targets.isEmpty ? nil : Notify(targets: targets, rules: rules)
    }

    private mutating func readWay(_ fields: [String: YAMLNode.Entry], _ place: Place?) -> NotifyTarget.Way? {
        switch (fields["command"], fields["webhook"]) {
        case (let command?, nil):
            if let format = fields["format"] {
                log.warning("'format' is for a webhook; it is ignored", at: format.keyPlace)
            }
            return readArguments(command).map { .command($0) }
        case (nil, let webhook?):
            let format = fields["format"].map { readFormat($0) } ?? .json
            return readAddress(webhook).map { .webhook($0, format) }
        case (let command?, .some):
            log.error(
                "a target of 'notify' has 'command' or 'webhook', not both", at: command.keyPlace,
                mend: "make two targets of it")
        case (nil, nil):
            log.error(
                "a target of 'notify' has neither 'command' nor 'webhook'", at: place, mend: Self.notifyExample)
        }
        return nil
    }

    private mutating func readArguments(_ entry: YAMLNode.Entry) -> [String]? {
        let words = entry.value.elements?.compactMap(\.text) ?? []
        guard !words.isEmpty, words.count == entry.value.elements?.count, words.count <= 256, words[0] != "" else {
            log.error(
                "'command' of 'notify' must be a list of words, but it is \(entry.value.kind)", at: entry.value.place,
                mend: "write 'command: [notify-send, Sweep]'; the alert is in $SWEEP_ALERT_JSON")
            return nil
        }
        return words
    }

    /// Never shown: who knows it can write there.
    private mutating func readAddress(_ entry: YAMLNode.Entry) -> String? {
        let text = entry.value.text ?? ""
        if NotifyTarget.variable(text) != nil { return text }
        guard let address = WebAddress(text), text.utf8.count <= 2048 else {
            log.error(
                "'webhook' must be an address that begins with https:// or http://", at: entry.value.place,
                mend: "write 'webhook: \"https://HOST/PATH\"', or '${envvar:NAME}' for a variable of the controller")
            return nil
        }
        if !address.isSecure, !address.isLoopback {
            log.note(
                "this webhook is not encrypted: who is on the way reads the alerts", at: entry.value.place,
                mend: "use https:// where the other side has it")
        }
        return text
    }

    private mutating func readFormat(_ entry: YAMLNode.Entry) -> NotifyTarget.Format {
        if let format = entry.value.text.flatMap(NotifyTarget.Format.init(rawValue:)) { return format }
        log.error(
            "'format' must be json or slack, but it is \(entry.value.text.map { "'\($0.prefix(40))'" } ?? entry.value.kind)",
            at: entry.value.place, mend: "write 'format: slack'")
        return .json
    }

    private mutating func readKinds(_ entry: YAMLNode.Entry) -> Set<AlertKind> {
        var kinds: Set<AlertKind> = []
        let names = NotifyTarget.kinds.map(\.rawValue)
        // YAML 1.1 readers take a bare `on` for true; this one does not.
        for node in entry.value.elements ?? [entry.value] {
            guard let text = node.text, let kind = AlertKind(rawValue: text), kind != .test else {
                let meant = node.text.flatMap { Spelling.nearest(to: $0, among: names) }
                log.error(
                    "there is no alert \(node.text.map { "'\($0.prefix(40))'" } ?? node.kind)", at: node.place,
                    mend: meant.map { "did you mean '\($0)'?" } ?? "use \(names.joined(separator: ", "))")
                continue
            }
            kinds.insert(kind)
        }
        return kinds
    }

    private mutating func readTime(_ entry: YAMLNode.Entry, from least: Double) -> Double? {
        let seconds = entry.value.value.number ?? entry.value.value.string.flatMap(Self.seconds)
        guard let seconds, seconds >= least, seconds <= 1e9 else {
            log.error(
                "'\(entry.key)' must be a time of at least \(Int(least)) s, but it is \(entry.value.kind)",
                at: entry.value.place, mend: "write seconds (600), or 90s, 30m, 2h")
            return nil
        }
        return seconds
    }

    private mutating func readDegrees(_ entry: YAMLNode.Entry) -> Double? {
        if let number = entry.value.value.number, number >= 20, number <= 150 { return number }
        log.error(
            "'gpu_hot' must be degrees Celsius from 20 to 150, but it is \(entry.value.kind)", at: entry.value.place,
            mend: "write 'gpu_hot: 85'")
        return nil
    }
}
