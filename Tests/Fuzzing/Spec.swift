import SweepModel
import SweepSpec

/// Sweep files: whatever the text, there is a result, and its problems can be shown.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
    let result = SpecParser.parse(text)
    _ = DiagnosticText.render(result.diagnostics, file: "fuzz.yaml", yaml: text, color: false)
    return 0
}
