import SweepModel
import SweepWire

/// What peers say: no line traps, and what was understood means the same once it is written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    check(bytes, PeerLine.decode)
    check(bytes, ControllerLine.decode)
    if let value = try? JSONParser.parse(bytes) { _ = value.jsonBytes() }
    // What an artifact is said to hold comes as a content, not as a line.
    if let manifest = try? JSONCoding.decode(ArtifactManifest.self, from: bytes) { _ = manifest.problem }
    _ = ArtifactReference(String(decoding: bytes, as: UTF8.self))
    return 0
}

private func check<Line: WireLine & Hashable>(_ bytes: [UInt8], _ decode: ([UInt8]) throws -> Line) {
    guard let line = try? decode(bytes), let again = try? line.line() else { return }
    // NaN is not equal to itself: what is compared is the text.
    guard let second = try? decode(Array(again.dropLast())), (try? second.line()) == again else {
        fatalError("a line changes its meaning: \(String(decoding: again, as: UTF8.self))")
    }
}
