import ArgumentParser
import Glibc
import SweepModel
import SweepRecord

/// How fast the files of W&B's and TensorBoard's clients are read, by the file's name.
struct ParseBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse", abstract: "Time to read a .wandb or TensorBoard file.")

    @Argument(help: "The file.")
    var file: String

    func run() throws {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        guard let type = BuiltIns.fileSources.first(where: { $0.reads(fileName: name) }) else {
            throw ValidationError("\(name) is no file that metrics are read from")
        }
        let pieces = try read()
        var best = Duration.seconds(1_000_000)
        var points = 0
        for _ in 0..<3 {
            points = 0
            let taken = ContinuousClock().measure {
                var source = type.init(prefix: "")
                for piece in pieces {
                    source.read(piece) { if case .metrics(let reading) = $0 { points += reading.metrics.count } }
                }
                source.finish { _ in }
            }
            best = min(best, taken)
        }
        let bytes = pieces.reduce(0) { $0 + $1.count }
        print(
            ParameterValue.object([
                .init("bytes", .int(bytes)), .init("points", .int(points)),
                .init("megabytes_per_second", .double(Double(bytes) / 1e6 / best.inSeconds)),
            ]).json())
    }

    /// In the pieces in which an agent reads.
    private func read() throws -> [[UInt8]] {
        let descriptor = open(file, O_RDONLY)
        guard descriptor >= 0 else { throw ValidationError("\(file) cannot be read") }
        defer { close(descriptor) }
        var pieces: [[UInt8]] = []
        while true {
            var piece = [UInt8](repeating: 0, count: 256 << 10)
            let count = Glibc.read(descriptor, &piece, piece.count)
            guard count > 0 else { return pieces }
            pieces.append(Array(piece.prefix(count)))
        }
    }
}
