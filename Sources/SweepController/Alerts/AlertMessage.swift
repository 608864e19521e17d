import SweepModel

/// An alert as targets get it.
struct AlertMessage: Sendable {
    var alert: AlertRecord
    /// The sweep's, where it has one.
    var name: String?
    /// The sweep's page, where there are pages.
    var page: String?
    /// Alerts before it that were held back.
    var heldBack = 0

    /// `SWEEP!NUMBER`: the same, however often it is delivered.
    var id: String { "\(alert.sweep)!\(alert.number)" }

    /// One JSON object; members are only ever added.
    var json: [UInt8] {
        var members: [ParameterValue.Member] = [
            .init("version", .int(1)), .init("id", .string(id)), .init("kind", .string(alert.kind.rawValue)),
            .init("sweep", .string(alert.sweep.text)),
        ]
        if let name { members.append(.init("name", .string(name))) }
        if let trial = alert.trial { members.append(.init("trial", .string("\(alert.sweep)-\(trial)"))) }
        members += [.init("text", .string(text)), .init("time", .string(alert.time.iso))]
        if let page { members.append(.init("page", .string(page))) }
        members.append(.init("held_back", .int(heldBack)))
        return ParameterValue.object(members).jsonBytes()
    }

    /// `{"text": …}`, with Slack's own three characters written as it wants them.
    var slack: [UInt8] {
        var words = "*\(Self.escape(title))*: \(Self.escape(text))"
        if let page { words += "\n<\(page)|\(alert.sweep)>" }
        return ParameterValue.object([.init("text", .string(words))]).jsonBytes()
    }

    /// For a command. The whole is in one of them and not on its standard input: swift-subprocess traps where a program ends
    /// before it has read that.
    var variables: [String: String] {
        [
            "SWEEP_ALERT_JSON": String(decoding: json, as: UTF8.self), "SWEEP_ALERT_ID": id,
            "SWEEP_ALERT_KIND": alert.kind.rawValue, "SWEEP_ALERT_SWEEP": alert.sweep.text,
            "SWEEP_ALERT_NAME": name ?? "", "SWEEP_ALERT_TEXT": text,
            "SWEEP_ALERT_TRIAL": alert.trial.map { "\(alert.sweep)-\($0)" } ?? "",
        ]
    }

    private var title: String { name.map { "\($0) (\(alert.sweep))" } ?? alert.sweep.text }

    /// A trial's words may hold anything: no control characters leave this machine.
    private var text: String {
        let plain = String(
            String.UnicodeScalarView(alert.text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
        guard heldBack > 0 else { return plain }
        return plain + " (and \(heldBack) alert\(heldBack == 1 ? "" : "s") before it, held back)"
    }

    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
