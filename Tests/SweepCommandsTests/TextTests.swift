import SweepCommands
import SweepModel
import SweepWire
import Testing

@Suite struct TextTests {
    @Test(arguments: [
        (0.22841, "0.2284"), (8.46e-4, "0.000846"), (1e-5, "1e-5"), (123_456_789.0, "1.235e8"), (3.0, "3"),
        (-2.5, "-2.5"),
        (999_999.0, "999999"), (0.1 + 0.2, "0.3"), (.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf"), (0, "0"),
        (1e300, "1e300"), (-0.0, "0"),
    ])
    func `numbers have four significant digits`(value: Double, text: String) {
        #expect(ValueText.number(value) == text)
    }

    @Test(
        arguments: [
            (0.04, "0.0s"), (0.44, "0.4s"), (12, "12s"), (59.9, "1m00"), (245, "4m05"), (11_520, "3h12"),
            (187_200, "2d04h"),
            (-5, "0s"), (.nan, "?"), (1e300, "?"),
        ] as [(Double, String)])
    func `durations are short`(seconds: Double, text: String) {
        #expect(TimeText.duration(seconds) == text)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_764_000_000_007, "2025-11-24T16:00:00.007Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (Int64.max, "9999-12-31T23:59:59.999Z"), (Int64.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func `times are ISO 8601 in UTC`(milliseconds: Int64, text: String) {
        #expect(TimeText.iso(Timestamp(milliseconds: milliseconds)) == text)
    }

    @Test(arguments: [
        ("plain", "plain"), ("a\u{1b}[31mred", "a\\x1b[31mred"), ("two\nlines\t", "two\\nlines\\t"),
        ("\u{9b}2J", "\\x9b2J"),
        ("\u{7f}", "\\x7f"), ("naïve é 学習率", "naïve é 学習率"), ("\u{202e}abc", "\\u{202e}abc"), ("\r\n", "\\r\\n"),
    ])
    func `control characters are shown, not obeyed`(text: String, shown: String) {
        #expect(DisplayText.escape(text) == shown)
    }

    @Test(arguments: [("abc", 3), ("学習率", 6), ("e\u{301}", 1), ("🚀x", 3), ("", 0)])
    func `width counts terminal cells`(text: String, cells: Int) {
        #expect(DisplayText.width(text) == cells)
    }

    @Test func `truncation takes the middle and keeps whole characters`() {
        #expect(DisplayText.truncateMiddle("abcdefghij", to: 7) == "abc…hij")
        #expect(DisplayText.truncateMiddle("学習率学習率", to: 7) == "学…習率")
        #expect(DisplayText.truncateMiddle("short", to: 7) == "short")
        #expect(DisplayText.truncateEnd("abcdefghij", to: 4) == "abc…")
    }

    @Test func `counts have groups of three digits`() {
        #expect(ValueText.count(1_000_000) == "1,000,000")
        #expect(ValueText.count(-1_005) == "-1,005")
        #expect(ValueText.count(999) == "999")
        #expect(ValueText.bytes(1536) == "1.5 KiB")
    }

    @Test func `a terminal's log keeps colours and progress bars and shows every other sequence`() {
        var log = LogText()
        func shown(_ text: String) -> String { String(decoding: log.readable(Array(text.utf8)), as: UTF8.self) }
        #expect(shown("\u{1b}[1;31mred\u{1b}[0m\r50%\u{1b}[K\n") == "\u{1b}[1;31mred\u{1b}[0m\r50%\u{1b}[K\n")
        #expect(shown("\u{1b}]0;title\u{07}") == "^[]0;title^G")
        #expect(shown("\u{1b}[2J") == "^[[2J")
        #expect(shown("\u{9b}2J") == "\\x9b2J")
        // A sequence that two pieces share.
        #expect(shown("a\u{1b}[3") == "a")
        #expect(shown("1mb") == "\u{1b}[31mb")
        #expect(log.endsInLine)
    }

    @Test func `CSV quotes what needs it and escapes controls`() {
        var text = ""
        CSVText.append(["a", "b,c", "say \"hi\"", "two\nlines", "\u{1b}[2J", ""], to: &text)
        #expect(text == "a,\"b,c\",\"say \"\"hi\"\"\",\"two\nlines\",\\x1b[2J,\n")
    }

    @Test func `JSON has null for NaN and no control character`() throws {
        let bytes = Documents.document([.init("x", .double(.nan)), .init("\u{1b}\u{9b}", "\u{1b}[2J")])
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text == "{\"version\":1,\"x\":null,\"\\u001b\\u009b\":\"\\u001b[2J\"}\n")
        #expect(try JSONParser.parse(bytes)["\u{1b}\u{9b}"] == "\u{1b}[2J")
    }

    @Test func `words are quoted for a shell only where it is needed`() {
        #expect(ShellText.line(["python", "--lr=0.1", "a b", "it's", ""]) == "python --lr=0.1 'a b' 'it'\\''s' ''")
    }
}
