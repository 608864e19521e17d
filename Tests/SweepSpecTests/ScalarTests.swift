import SweepModel
import SweepSpec
import Testing

@Suite struct ScalarTests {
    @Test(arguments: [
        ("1e-5", 1e-5), ("1E5", 1e5), ("1.5e3", 1500.0), ("5e-4", 5e-4), (".5", 0.5), ("1.", 1.0), ("-.5e-3", -5e-4),
        ("1.0", 1.0), ("+2.5", 2.5), ("15e-5", 15e-5), ("3e6", 3e6), ("1_000.5", 1000.5), ("!!float 1e-5", 1e-5),
        ("!!float 1", 1.0), (".inf", Double.infinity), ("-.INF", -Double.infinity), ("1e400", Double.infinity),
    ])
    func `a real number is a double`(text: String, value: Double) {
        #expect(scalar(text) == .double(value))
    }

    @Test(arguments: [
        ("1", 1), ("-7", -7), ("+3", 3), ("0", 0), ("1_000", 1000), ("0x10", 16), ("0xFF", 255), ("0o17", 15),
        ("-0b101", -5), ("08", 8), ("010", 10), ("9223372036854775807", Int.max), ("!!int 5", 5),
    ])
    func `a whole number is an int`(text: String, value: Int) {
        #expect(scalar(text) == .int(value))
    }

    @Test(arguments: [
        "1e", "e5", "1e+", "._1", "_1", "-", "+", "1.2.3", "0x", "0xZZ", "0x-1", "0b2", "1:30", "1-2", "nan", "inf",
    ])
    func `what is no number is text`(text: String) {
        #expect(scalar(text) == .string(text))
    }

    @Test(arguments: ["2001-01-01", "12:30:45", "2001-12-14t21:59:43.10-05:00"])
    func `dates and times are text`(text: String) {
        #expect(scalar(text) == .string(text))
    }

    @Test func `booleans are those of W&B's loader`() {
        for word in ["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"] {
            #expect(scalar(word) == .bool(true), "\(word)")
        }
        for word in ["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"] {
            #expect(scalar(word) == .bool(false), "\(word)")
        }
        for word in ["y", "n", "tRUE", "None"] { #expect(scalar(word) == .string(word), "\(word)") }
    }

    @Test func `nothing, a tilde and null are null`() {
        for word in ["", "~", "null", "Null", "NULL"] { #expect(scalar(word) == .null, "\(word)") }
    }

    @Test(arguments: ["'1'", "\"1\"", "!!str 1", "! 1"])
    func `a quoted number is text`(text: String) {
        #expect(scalar(text) == .string("1"))
    }

    @Test func `NaN is a double`() {
        guard case .double(let value)? = scalar(".nan") else {
            Issue.record("no double")
            return
        }
        #expect(value.isNaN)
    }

    @Test func `numbers that W&B reads otherwise are warned of`() {
        #expect(
            problems(sweep("a: {value: 08}")) == [
                "warning 4:14 08 is read as the number 8; W&B would not: quote it for text"
            ])
        #expect(scalar("123456789012345678901234567890") == .string("123456789012345678901234567890"))
        #expect(
            problems(sweep("a: {value: 123456789012345678901234567890}")) == [
                "warning 4:14 123456789012345678901234567890 does not fit into 64 bits, so it is kept as text"
            ])
    }

    @Test func `lists and mappings keep ints, doubles and order`() {
        #expect(
            scalar("{b: [1, 1.0, 1e0, x], a: {c: null}}")
                == .object([.init("b", [1, 1.0, 1.0, "x"]), .init("a", .object([.init("c", .null)]))]))
    }

    @Test(arguments: ["!!python/tuple x", "!foo x", "!!int x", "!!bool 1", "!!binary aGk="])
    func `a tag that does not fit is an error`(text: String) {
        #expect(problems(sweep("a: {value: \(text)}")).contains { $0.hasPrefix("error 4:14 ") && $0.contains("tag") })
    }
}
