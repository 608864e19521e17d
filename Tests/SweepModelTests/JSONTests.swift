import SweepModel
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        "null", "true", "1", "-7", "1.0", "1e-05", "0.1", "\"a\"", "[1,2.0,[]]", "{\"b\":1,\"a\":{}}", "NaN",
        "Infinity",
        "-Infinity", "9223372036854775807", "\"\\u0001\\\"\\\\\"",
    ])
    func `what is read is written back the same`(text: String) throws {
        #expect(try JSONParser.parse(text).json() == text)
    }

    @Test func `an int and a whole double stay apart`() throws {
        #expect(try JSONParser.parse("1") == .int(1))
        #expect(try JSONParser.parse("1.0") == .double(1))
        #expect(try JSONParser.parse("1E3") == .double(1000))
        #expect(try JSONParser.parse("18446744073709551616") == .double(18_446_744_073_709_551_616))
    }

    @Test func `escapes and surrogate pairs are read`() throws {
        #expect(try JSONParser.parse(#""a\n\u00e9\ud83d\ude00\ud800""#) == .string("a\né😀\u{FFFD}"))
    }

    @Test(arguments: [
        "", " ", "{", "[1,", "[1 2]", "{\"a\"}", "{a:1}", "01", "1.", ".5", "-", "+1", "1e", "nul", "\"abc", "\"\\x\"",
        "\"\\u12\"", "1 1", "\"a\nb\"", "[1]]", String(repeating: "[", count: 100_000), "-Inf",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONParser.parse(text) }
    }

    @Test func `numbers that JSON does not have can be written as null`() {
        #expect(ParameterValue.list([.double(.nan), 1]).json(nonFinite: .null) == "[null,1]")
    }

    @Test func `a Codable type makes the round trip with its numbers unchanged`() throws {
        struct Sample: Codable, Equatable {
            enum Kind: Codable, Equatable {
                case plain
                case named(String, size: Int)
            }
            var a: Int
            var b: Double
            var c: [String: Double]
            var d: ParameterValue
            var e: [Int?]
            var f: String?
            var g: Kind
            var h: TrialID
        }
        let sample = Sample(
            a: 1, b: 1, c: ["x": .infinity, "a": 0.5], d: ["z": 1.0, "y": [1, nil]], e: [1, nil], f: nil,
            g: .named("n", size: 3), h: TrialID(SweepID("abc"), 4))
        let bytes = try JSONCoding.encode(sample)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"a":1,"b":1.0,"c":{"a":0.5,"x":Infinity},"d":{"z":1.0,"y":[1,null]},"e":[1,null],"#
                + #""g":{"named":{"_0":"n","size":3}},"h":"abc-4"}"#)
        #expect(try JSONCoding.decode(Sample.self, from: bytes) == sample)
    }

    @Test func `a wrong type names the member`() {
        struct Sample: Codable { var count: Int }
        #expect(throws: DecodingError.self) { try JSONCoding.decode(Sample.self, from: Array("{\"count\":1.5}".utf8)) }
        #expect(throws: DecodingError.self) { try JSONCoding.decode(Sample.self, from: Array("{}".utf8)) }
        #expect(throws: DecodingError.self) { try JSONCoding.decode(Sample.self, from: Array("[]".utf8)) }
    }
}
