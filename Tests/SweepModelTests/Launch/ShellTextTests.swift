import SweepModel
import Testing

@Suite struct ShellTextTests {
    @Test func `arguments are quoted where a shell needs it`() {
        #expect(
            ShellText.line(["python", "--lr=1e-05", "a b", "it's", "", "$HOME", "日本", "{'a': 1}", "x\ny", "*"])
                == #"python --lr=1e-05 'a b' 'it'\''s' '' '$HOME' 日本 '{'\''a'\'': 1}' '"# + "x\ny' '*'")
    }
}
