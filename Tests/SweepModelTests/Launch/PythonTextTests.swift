import SweepModel
import Testing

@Suite struct PythonTextTests {
    @Test func `floats are written as Python's repr writes them`() {
        for (bits, expected) in PythonTextCases.floats {
            let value = Double(bitPattern: bits)
            #expect(PythonText.repr(value) == expected)
            #expect(PythonText.str(.double(value)) == expected)
        }
    }

    @Test func `every value is written as str, repr and json.dumps write it`() throws {
        for (json, str, repr, dumps) in PythonTextCases.values {
            let value = try JSONParser.parse(json)
            #expect(PythonText.str(value) == str, "\(json)")
            #expect(PythonText.repr(value) == repr, "\(json)")
            #expect(PythonText.jsonDumps(value) == dumps, "\(json)")
        }
    }

    @Test func `a float's text gives the same float back`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            if value.isFinite { #expect(Double(PythonText.repr(value)) == value, "\(value.bitPattern)") }
        }
    }
}
