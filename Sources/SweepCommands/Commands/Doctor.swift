import ArgumentParser
import SweepModel

/// `sweep doctor`.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check this machine, and say what to do.",
        discussion: "Exit codes: 0 nothing keeps it from working, 1 something does.")

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        var findings = MachineCheckup(home: session.home).findings()
        findings += await ProgramCheckup(session: session).findings()
        findings += await ControllerCheckup(common: common, session: session).findings()
        let isGood = !findings.contains { $0.state == .problem }
        if json {
            session.output.write(
                Documents.document([
                    .init("ok", .bool(isGood)), .init("findings", .list(findings.map(\.json))),
                ]))
        } else {
            Self.show(findings, session, common.colour.style(session))
        }
        if !isGood { throw ExitCode(1) }
    }

    private static func show(_ findings: [Finding], _ session: Session, _ style: Style) {
        let width = findings.map { DisplayText.width($0.name) }.max() ?? 0
        for finding in findings {
            let (mark, tint): (String, Tint) =
                switch finding.state {
                case .ok: ("ok      ", .green)
                case .warning: ("warning ", .yellow)
                case .problem: ("PROBLEM ", .red)
                }
            let name =
                finding.name
                + String(repeating: " ", count: max(0, width - DisplayText.width(finding.name)))
            session.output.write(
                "\(style.paint(mark, tint)) \(name)  \(DisplayText.escape(finding.text))\n")
            if let remedy = finding.remedy {
                let indent = String(repeating: " ", count: 9 + width)
                session.output.write(
                    "\(indent)  \(style.paint("->", .cyan)) \(DisplayText.escape(remedy))\n")
            }
        }
    }
}
