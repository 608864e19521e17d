import Foundation
import SweepModel
import SweepSearch
import SweepSpec
import Testing

/// The files of `SweepConfigs`: a user's first sweeps.
@Suite struct ExampleSweepsTests {
    private static let folder = URL(filePath: #filePath).appending(path: "../../../SweepConfigs").standardizedFileURL

    static let files =
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?
        .filter { $0.hasSuffix(".yaml") }.sorted() ?? []

    @Test func `there are example sweeps`() {
        #expect(Self.files.contains("digits.yaml"))
    }

    @Test(arguments: files) func `an example is read without a word of complaint`(file: String) throws {
        let yaml = try String(contentsOf: Self.folder.appending(path: file), encoding: .utf8)
        let result = SpecParser.parse(yaml, strict: true)
        #expect(result.diagnostics == [])
        let spec = try #require(result.spec)
        #expect(spec.objective != nil)
        let program = try #require(spec.launch.program)
        #expect(FileManager.default.fileExists(atPath: Self.folder.appending(path: program).path))
    }

    @Test func `the extensions' example uses every extension that needs no GPU`() throws {
        let yaml = try String(contentsOf: Self.folder.appending(path: "extensions.yaml"), encoding: .utf8)
        let spec = try #require(SpecParser.parse(yaml).spec)
        #expect(spec.seed == 3)
        #expect(spec.repetitions == 2)
        #expect(spec.parallel == 2)
        #expect(spec.retries == 1)
        #expect(spec.launch.timeout == 120)
        #expect(spec.objective?.summary == .max)
        #expect(spec.space.couplings.count == 1)
        #expect(spec.space.parameters.contains { $0.condition != nil })
    }
}
