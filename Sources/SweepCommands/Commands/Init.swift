import ArgumentParser
import Glibc
import SweepModel
import SweepSpec
import SweepWire

/// `sweep init`.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a sweep file for a script.",
        discussion: "Reads the script's add_argument calls (argparse) without running it.")

    /// A script larger than this is not one that a person wrote.
    private static let largestScript = 4 << 20

    @Argument(help: "The training script.", completion: .file(extensions: ["py"]))
    var script: String

    @Option(
        name: [.short, .customLong("output")],
        help: ArgumentHelp(
            "Where to write; - for standard output. Default: sweep.yaml beside the script.", valueName: "file"))
    var output: String?

    @Flag(help: "Replace a file that is there.")
    var force = false

    func run() throws {
        let session = Session.current
        let source = try read(SweepFile.resolve(script, session))
        let options = ArgparseReader.options(source)
        let metric = MetricGuess.find(source)
        let slash = script.lastIndex(of: "/")
        let folder = slash.map { String(script[...$0]) } ?? ""
        let path = output ?? folder + "sweep.yaml"
        let isBeside = output == nil || output?.contains("/") == false && folder.isEmpty
        let program =
            isBeside ? String(script[(slash.map { script.index(after: $0) } ?? script.startIndex)...]) : script
        let yaml = StarterFile(program: program, options: options, metric: metric).yaml
        if path == "-" {
            session.output.write(yaml)
            return
        }
        try write(yaml, to: SweepFile.resolve(path, session), shown: path)
        session.say(
            "wrote \(DisplayText.escape(path)): \(ValueText.plural(options.count, "option")) found"
                + (metric.map { ", metric '\(DisplayText.escape($0.name))' guessed" }
                    ?? ", no metric found: it says 'loss'"))
        session.say("look at it, then: sweep check \(ShellText.quoted(path))")
    }

    private func read(_ path: String) throws(SweepError) -> String {
        let shown = "the script '\(DisplayText.escape(script))'"
        return String(decoding: try BoundedFile.read(path, shown: shown, limit: Self.largestScript), as: UTF8.self)
    }

    private func write(_ yaml: String, to path: String, shown: String) throws(SweepError) {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL)
        let descriptor = open(path, flags, 0o644)
        guard descriptor >= 0 else {
            if errno == EEXIST {
                throw SweepError(
                    .conflict, "'\(DisplayText.escape(shown))' is there already",
                    remedy: "replace it with --force, or write elsewhere with -o FILE")
            }
            throw SweepError(
                .failed, "'\(DisplayText.escape(shown))' cannot be written: \(String(cString: strerror(errno)))")
        }
        let output = Output(descriptor: descriptor, environment: [:])
        output.write(yaml)
        output.flush()
        close(descriptor)
    }
}
