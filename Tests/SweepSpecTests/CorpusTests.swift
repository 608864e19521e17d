import Foundation
import SweepModel
import SweepSpec
import Testing

/// Real sweep files of other people. They lie beside the project, not in it.
@Suite struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/corpus")

    /// File numbers with the manifest's verdict.
    private static var files: [(number: String, isAccepted: Bool)] {
        guard let manifest = try? String(contentsOf: folder.appending(path: "MANIFEST.tsv"), encoding: .utf8) else {
            return []
        }
        let rows = manifest.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        guard let column = rows.first?.firstIndex(of: "next_run_after_roundtrip") else { return [] }
        return rows.dropFirst().map { (String($0[0]), $0[column] == "ok") }
    }

    @Test(.enabled("the corpus is not beside the package") { !files.isEmpty })
    func `every file is accepted or refused as W&B does`() throws {
        #expect(Self.files.count == 63)
        for file in Self.files {
            let url = Self.folder.appending(path: "\(file.number).yaml")
            let result = SpecParser.parse(try String(contentsOf: url, encoding: .utf8))
            #expect((result.spec != nil) == file.isAccepted, "\(file.number): \(result.diagnostics)")
            #expect(result.errors.isEmpty == file.isAccepted, "\(file.number)")
            guard let spec = result.spec else { continue }
            let preview = SpecPreview(of: spec, seed: 1)
            let hasProgram = spec.launch.program != nil || !spec.launch.command.contains("${program}")
            #expect(preview.commands.count == (hasProgram ? min(5, preview.trials ?? 5) : 0), "\(file.number)")
        }
    }
}
