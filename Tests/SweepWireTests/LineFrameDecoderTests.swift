import NIOCore
import SweepWire
import Testing

@Suite struct LineFrameDecoderTests {
    /// Feeds the pieces one after the other; gives the lines that came out.
    private func lines(_ pieces: [String]) throws -> [String] {
        var decoder = LineFrameDecoder()
        var buffer = ByteBuffer()
        var lines: [String] = []
        for piece in pieces {
            buffer.writeString(piece)
            while let line = try decoder.decode(buffer: &buffer) { lines.append(String(buffer: line)) }
        }
        while let line = try decoder.decodeLast(buffer: &buffer, seenEOF: true) { lines.append(String(buffer: line)) }
        return lines
    }

    @Test func `lines come out whole, however the bytes arrive`() throws {
        let text = "one\ntwo\r\n\n\rthree\n"
        let expected = ["one", "two", "", "\rthree"]
        #expect(try lines([text]) == expected)
        #expect(try lines(text.map { String($0) }.flatMap { $0 == "\r\n" ? ["\r", "\n"] : [$0] }) == expected)
    }

    @Test func `an unfinished last line is dropped`() throws {
        #expect(try lines(["a\n{\"kind\":\"ready\",\"slot\":1"]) == ["a"])
    }

    @Test func `the longest line passes, a longer one does not, finished or not`() throws {
        let longest = String(repeating: "x", count: LineFrameDecoder.maximumLength)
        #expect(try lines([longest + "\n"]).count == 1)
        #expect(throws: LineFrameDecoder.LineTooLong.self) { try lines([longest, "x"]) }
        #expect(throws: LineFrameDecoder.LineTooLong.self) { try lines([longest + "x\n"]) }
    }
}
