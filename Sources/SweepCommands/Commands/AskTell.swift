import ArgumentParser
import Glibc
import SweepModel
import SweepSearch
import SweepSpec

/// `sweep ask-tell`.
struct AskTell: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Search for another program, over its pipes.",
        discussion: """
            Reads one JSON object a line on standard input, answers on standard output; starts no trial and no
            controller. Ends with its input.
              {"op":"ask"}                                    {"id":"1","params":{"lr":0.01}}
              {"op":"report","id":"1","step":3,"value":0.4}   {"stop":false}
              {"op":"tell","id":"1","value":0.31}             (no answer; null: it failed)
              {"op":"tell","params":{"lr":0.1},"value":0.4}   (no answer; a trial that somebody else ran)
            {"done":true} answers an ask once run_cap or the space is used up; {"error":"..."} whatever is wrong.
            """)

    @Argument(help: "The sweep file (YAML).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(help: ArgumentHelp("The seed of the search, where the file has none.", valueName: "n"))
    var seed: UInt64 = 0

    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if file == "-" { throw ValidationError("standard input carries the requests: give the sweep file by its path") }
    }

    func run() throws {
        let session = Session.current
        let spec = try SweepFile.search(file, session, colour.talkStyle(session))
        var desk = AskTellDesk(try spec.makeRun(seed: spec.seed ?? seed))
        var input = LineInput(descriptor: session.input, longest: AskTellDesk.longestLine)
        while let line = try input.next() {
            let answer: [UInt8]? =
                switch line {
                case .line(let bytes): desk.answer(bytes)
                case .tooLong: AskTellDesk.refusal(AskTellDesk.tooLong)
                }
            guard let answer else { continue }
            session.output.write(answer + [UInt8(ascii: "\n")])
            session.output.flush()
        }
    }
}
