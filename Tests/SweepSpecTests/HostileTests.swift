import SweepModel
import SweepSearch
import SweepSpec
import Testing

/// Texts that no person writes: each has to end in an answer, whatever it is made of. A bomb that were expanded would
/// not end at all.
@Suite struct HostileTests {
    private static let good = sweep(
        "lr: &lr {min: 1e-5, max: 0.1, distribution: log_uniform_values}", "b: {<<: *lr, max: 0.5}",
        "opt: {values: ['sgd', \"adam\", 5, null]}", "mom: {min: 0.1, max: 0.9, when: {opt: sgd}}",
        "n: {parameters: {x: {values: [1, 2]}, y: {values: [3, 4]}}}",
        more: """
            command: ["${env}", python3, "${program}", "--lr=${lr}", "${args}"]
            metric: {name: val/loss, goal: maximize, summary: max}
            early_terminate: {type: hyperband, min_iter: 3}
            zip: [[n.x, n.y]]
            timeout: 1h
            environment: {A: b}

            """)

    @Test func `an alias bomb is refused, not expanded`() {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...40 {
            yaml +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        let result = SpecParser.parse(yaml)
        #expect(result.errors.contains { $0.message == "the aliases expand to more than 100000 values" })
        // As a key, where Yams would compare what it stands for; and as what `<<` merges.
        for use in ["? *a40\n: x\n", "{*a40 : x}\n", "k: {[*a40]: 1}\n", "k: {<<: *a40}\n"] {
            #expect(!SpecParser.parse(yaml + use).errors.isEmpty)
        }
    }

    @Test func `a bomb of mappings is refused`() {
        var yaml = "a0: &a0 {x: 1, y: 2}\n"
        for level in 1...60 { yaml += "a\(level): &a\(level) {x: *a\(level - 1), y: *a\(level - 1)}\n" }
        #expect(SpecParser.parse(yaml).errors.contains { $0.message.hasPrefix("the aliases expand") })
    }

    @Test(arguments: ["a: &x [*x]", "a: &x {b: *x}", "&x a: *x", "a: &x\n  b: [1, *x]", "&r\na: *r"])
    func `an alias of what is around it is refused or plain`(yaml: String) {
        #expect(SpecParser.parse(yaml).spec == nil)
    }

    @Test(arguments: ["[", "{", "{a: ", "- ", "? ", "[[{a: ", "a: &x [", "!!seq [", "'", "\"", "|\n "])
    func `nesting without end is refused`(piece: String) {
        for count in [40, 999, 1001, 100_000] {
            #expect(SpecParser.parse(String(repeating: piece, count: count)).spec == nil)
        }
        #expect(SpecParser.parse("method: random\nparameters: " + String(repeating: piece, count: 100_000)).spec == nil)
    }

    @Test func `nesting by indentation is refused`() {
        var yaml = ""
        for depth in 0..<1200 { yaml += String(repeating: " ", count: depth) + "a:\n" }
        #expect(SpecParser.parse(yaml).spec == nil)
        var shallow = "method: random\nprogram: x\nparameters:\n"
        for depth in 0..<60 { shallow += String(repeating: " ", count: depth + 1) + "parameters:\n" }
        #expect(SpecParser.parse(shallow).errors.contains { $0.message == "nested deeper than 32 levels" })
    }

    @Test func `a megabyte of one key is refused`() {
        #expect(SpecParser.parse(String(repeating: "a: \n", count: (1 << 18) - 1)).spec == nil)
    }

    @Test func `a megabyte of different keys is read`() {
        let yaml = (0..<60_000).map { "key\($0): 1\n" }.joined()
        let result = SpecParser.parse(yaml)
        #expect(result.diagnostics.count == 101)
        #expect(result.diagnostics.last?.message == "and 59903 more problems")
    }

    @Test func `thousands of parameters with conditions are read`() throws {
        var yaml = "method: random\nprogram: x\nparameters:\n  p0: {values: [1, 2]}\n"
        for index in 1...1000 { yaml += "  p\(index): {values: [1, 2], when: {p\(index / 2): 1}}\n" }
        let spec = try #require(SpecParser.parse(yaml).spec)
        #expect(spec.space.parameters.count == 1001)
        #expect(SpecParser.parse(yaml.replacing("when: {p", with: "when: {x")).errors.count == 101)
    }

    @Test func `a file above the size is refused by its size`() {
        let result = SpecParser.parse(String(repeating: "#", count: (1 << 20) + 1))
        #expect(result.errors.map(\.message) == ["the file has 1048577 bytes; a sweep file has at most 1048576"])
    }

    @Test(arguments: [
        "", " ", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "~", "null", "\u{FEFF}", "\u{FEFF}# x",
    ])
    func `an empty file is said to be empty`(yaml: String) {
        #expect(SpecParser.parse(yaml).errors.map(\.message) == ["the file is empty"])
    }

    @Test(arguments: ["- a\n- b", "text", "5", "[1, 2]", "'quoted'", "true"])
    func `a file that is no mapping is said to be none`(yaml: String) {
        #expect(SpecParser.parse(yaml).errors.map { $0.message.prefix(36) } == ["a sweep file is a mapping, but this "])
    }

    @Test(arguments: ["\u{0}", "a: \u{0}b", "a: \u{1B}[31m", "\u{7F}", "a\u{8}: 1", "a: \u{FFFE}", "x: \u{80}"])
    func `a control character is refused with its place`(yaml: String) {
        let errors = SpecParser.parse(yaml).errors
        #expect(errors.map(\.message) == ["a control character, which no YAML text has"])
        #expect(errors.first?.line == 1)
    }

    @Test func `a NUL that is escaped is refused`() {
        #expect(problems(sweep(#"a: {value: "x\0y"}"#)).contains { $0.contains("NUL") })
    }

    @Test func `a mark at the beginning and any line break are fine`() {
        let yaml = Self.good
        #expect(SpecParser.parse(yaml).spec != nil)
        #expect(SpecParser.parse("\u{FEFF}" + yaml).spec != nil)
        for lineBreak in ["\r\n", "\r"] {
            #expect(SpecParser.parse(yaml.replacing("\n", with: lineBreak)).spec != nil)
            #expect(
                problems(sweep("a: 5").replacing("\n", with: lineBreak)) == [
                    "error 4:6 parameter 'a' must be a mapping, but it is the number 5 | write 'value: 5' under it"
                ])
        }
    }

    @Test func `indenting with a tab is said`() {
        #expect(
            problems("method: random\nparameters:\n\ta: {value: 1}\n").first?.hasSuffix(
                "indent with spaces, not with tabs")
                == true)
    }

    @Test func `a second document is refused`() {
        #expect(problems("a: 1\n---\nb: 2").map { $0.prefix(42) } == ["error 2:1 a second document begins here | "])
    }

    @Test func `duplicate keys are found in every kind of mapping`() {
        #expect(problems(sweep("a: {value: 1, value: 2}")).map { $0.prefix(10) } == ["error 4:17"])
        #expect(
            problems(sweep("a: {value: 1}", "'a': {value: 2}", "\"a\": {value: 3}")).map { $0.prefix(9) } == [
                "error 5:4", "error 6:4",
            ])
        #expect(problems("method: grid\n" + sweep("a: {value: 1}")).map { $0.prefix(9) } == ["error 2:1"])
        #expect(
            problems("method: grid\nprogram: x\nparameters: {a: {value: 1},\n a: {value: 2}}").map { $0.prefix(9) } == [
                "error 4:2"
            ])
        // Where it cannot be found in the text it is refused all the same.
        #expect(SpecParser.parse("{a: 1, \"\\x61\": 2}").spec == nil)
        #expect(SpecParser.parse("&x a: 1\n? a\n: 2").spec == nil)
    }

    @Test func `every character as a key, a value and a beginning gets an answer`() {
        for code in (0...0x4FF).map({ UInt32($0) }) + [0xD7FF, 0xE000, 0xF8FF, 0xFEFF, 0xFFFD, 0x1F600, 0x10FFFF] {
            guard let scalar = Unicode.Scalar(code) else { continue }
            let character = String(Character(scalar))
            for yaml in ["\(character): 1", "a: \(character)", character] {
                let result = SpecParser.parse(yaml)
                #expect(result.spec == nil && !result.errors.isEmpty, "U+\(String(code, radix: 16))")
            }
        }
    }

    @Test(arguments: 0..<8)
    func `no change of a good file traps`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let pieces = [
            "&", "*", "!", "?", ":", "-", "[", "]", "{", "}", "'", "\"", "|", ">", "#", "%", "@", "`", "\n", "\t", "\\",
            "<<: ", "*lr", "&lr ", "!!str ", ": ", "- ", "? ", "---\n", "...\n", "1e999", "-9223372036854775809", "0x",
            "\u{E000}", "\u{2028}", "日", "👩‍👩‍👧", "\u{301}", "null", "~", ".nan", "${args}", "${", "when", "values", "zip",
        ]
        for _ in 0..<300 {
            var scalars = Array(Self.good.unicodeScalars)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let at = Int.random(in: 0..<scalars.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: scalars.remove(at: at)
                case 1:
                    scalars.insert(
                        contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &generator)].unicodeScalars, at: at)
                case 2: scalars.removeSubrange(at..<min(scalars.count, at + Int.random(in: 1...40, using: &generator)))
                default:
                    let from = Int.random(in: 0..<scalars.count, using: &generator)
                    scalars.insert(contentsOf: scalars[from..<min(scalars.count, from + 30)], at: at)
                }
                if scalars.isEmpty { break }
            }
            let yaml = String(String.UnicodeScalarView(scalars))
            let result = SpecParser.parse(yaml)
            // An answer is a spec, or at least one error; and it can be shown.
            #expect((result.spec == nil) == !result.errors.isEmpty, "seed \(seed): \(yaml)")
            #expect(!DiagnosticText.render(result.diagnostics, file: "f", yaml: yaml, color: true).contains("\n\n"))
            if let spec = result.spec { _ = SpecPreview(of: spec, seed: 1).lines }
        }
    }
}
