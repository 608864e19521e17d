import FoundationEssentials
import Glibc
import SweepCommands
import SweepModel
import SweepSpec
import Testing

@Suite struct ArgparseReaderTests {
    private func one(_ call: String) throws -> ScriptOption {
        let options = ArgparseReader.options("import argparse\nparser = argparse.ArgumentParser()\n\(call)\n")
        #expect(options.count == 1)
        return try #require(options.first)
    }

    @Test(arguments: [
        (
            #"parser.add_argument("--lr", type=float, default=1e-3)"#, "lr", ScriptOption.Kind.float,
            ParameterValue.double(1e-3)
        ),
        (
            #"parser.add_argument('--batch-size', default=64, type=int, help='it''s "big", (really)')"#, "batch-size",
            .int, 64
        ),
        (#"p.add_argument("-b", "--batch", type = int, default = 2**5)"#, "batch", .int, 32),
        ("p.add_argument(\n    '--wd',  # weight decay\n    type=float,\n    default=-1e-4,\n)", "wd", .float, -1e-4),
        (#"g = p.add_argument_group("x"); g.add_argument("--hidden", default=0x10, type=int)"#, "hidden", .int, 16),
        (#"p.add_argument("--name", default="a" "b")"#, "name", .string, "ab"),
        (#"p.add_argument("--n", default=1_000)"#, "n", .int, 1000),
        (#"p.add_argument("--x", default=.5)"#, "x", .float, 0.5),
        (#"p.add_argument("--y", type=float, default=1.)"#, "y", .float, 1.0),
        (#"p.add_argument("--t", default=(1, 2))"#, "t", .string, .list([1, 2])),
        (#"p.add_argument("--flag", action="store_true")"#, "flag", .bool, false),
        (#"p.add_argument("--no-flag", action='store_false', dest="flag")"#, "no-flag", .bool, true),
        (#"p.add_argument(r"--raw", default=r"\d")"#, "raw", .string, "\\d"),
        (#"p.add_argument("--s2b", type=str2bool, default=True)"#, "s2b", .bool, true),
    ])
    func `calls are read as they are written`(
        call: String, name: String, kind: ScriptOption.Kind, initial: ParameterValue
    ) throws {
        let option = try one(call)
        #expect(option.name == name)
        #expect(option.kind == kind)
        #expect(option.initial == initial)
    }

    @Test func `choices may be a list, a tuple, a range, the keys of a dictionary, or a constant`() throws {
        let source = """
            MODELS = ["cnn", "mlp"]
            parser.add_argument("--a", choices=["x", "y"])
            parser.add_argument("--b", choices=("x",))
            parser.add_argument("--c", type=int, choices=range(1, 4))
            parser.add_argument("--d", choices={"k": f(1, [2]), "l": 3})
            parser.add_argument("--e", choices=MODELS, default=MODELS[0])
            parser.add_argument("--f", choices=list(registry.keys()))
            """
        let options = ArgparseReader.options(source)
        #expect(options.map(\.name) == ["a", "b", "c", "d", "e", "f"])
        #expect(options.map(\.choices) == [["x", "y"], ["x"], [1, 2, 3], ["k", "l"], ["cnn", "mlp"], nil])
    }

    @Test func `what is inside a comment or a string is no call`() {
        let source = """
            # parser.add_argument("--old", type=int)
            '''
            parser.add_argument("--doc", type=int)
            '''
            text = "parser.add_argument('--quoted')"
            parser.add_argument("--real", type=lambda s: s.split(","), default=None)
            """
        let options = ArgparseReader.options(source)
        #expect(options.map(\.name) == ["real"])
        #expect(options.first?.kind == .other)
        #expect(options.first?.initial == nil)
    }

    @Test func `positional, required, single-dash and list options are told apart`() {
        let options = ArgparseReader.options(
            """
            p.add_argument("data")
            p.add_argument("--out", required=True)
            p.add_argument("-x", type=int)
            p.add_argument("--sizes", nargs="+", type=int)
            p.add_argument("--maybe", nargs="?")
            p.add_argument("--tag", action="append")
            p.add_argument("--amp", action=argparse.BooleanOptionalAction)
            p.add_argument("--version", action="version", version="1")
            """)
        #expect(options.map(\.name) == ["data", "out", "x", "sizes", "maybe", "tag", "amp"])
        #expect(options.map(\.isPositional) == [true, false, true, false, false, false, false])
        #expect(options.map(\.isRequired) == [true, true, false, false, false, false, false])
        #expect(options.map(\.isList) == [false, false, false, true, false, true, false])
        #expect(options.last?.isFlag == true)
    }

    @Test(arguments: [
        "", "add_argument(", "p.add_argument(", "p.add_argument('--x", "p.add_argument('''--x", "p.add_argument(((((((",
        "p.add_argument('--x', default=[[[[", "\\", "p.add_argument(*names, **options)", "p.add_argument('--')",
        "p.add_argument('', default=1)", "p.add_argument('--x', default=99999999999999999999999)", "x = = = (",
        "p.add_argument('--x', choices=range(0, 10**18))", "p.add_argument('--x', default=-9223372036854775808)",
    ])
    func `broken source never traps`(source: String) {
        for length in 0...source.count {
            let part = String(source.prefix(length))
            let file = StarterFile(
                program: "x.py", options: ArgparseReader.options(part), metric: MetricGuess.find(part))
            #expect(file.yaml.contains("program: x.py"))
        }
    }

    @Test func `deep nesting and many options stay bounded`() {
        let deep = "p.add_argument('--x', default=" + String(repeating: "[", count: 100_000)
        #expect(ArgparseReader.options(deep).count <= 1)
        let many = (0..<2000).map { "p.add_argument('--o\($0)', type=int, default=\($0))" }.joined(separator: "\n")
        #expect(ArgparseReader.options(many).count == ArgparseReader.mostOptions)
    }
}

@Suite struct MetricGuessTests {
    @Test(arguments: [
        (#"print(f"epoch {e} loss={l:.3f} val_acc={a:.3f}")"#, "val_acc", Objective.Goal.maximize),
        (#"wandb.log({"train_loss": l, "val_loss": v})"#, "val_loss", .minimize),
        (#"print(json.dumps({"step": 1, "accuracy": a}))"#, "accuracy", .maximize),
        (#"print("RMSE: %.3f" % x)"#, "RMSE", .minimize),
        (#"self.log("validation/loss", loss)"#, "validation/loss", .minimize),
        (#"log(test_f1=f1)"#, "test_f1", .maximize),
        ("print(f'Epoch {e}, Train loss: {a:.3f}, val loss: {b:.3f}')", "val_loss", .minimize),
        ("print('Epoch %d Test Acc: %.3f%%' % (e, acc))", "Test_Acc", .maximize),
    ])
    func `the metric is found where it is printed or logged`(source: String, name: String, goal: Objective.Goal) {
        #expect(MetricGuess.find(source) == MetricGuess(name: name, goal: goal))
    }

    @Test func `a script without any has none`() {
        #expect(MetricGuess.find("print('hello: world')\nx = {'a': 1}") == nil)
    }
}

@Suite struct StarterFileTests {
    private let script = #"""
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--lr", type=float, default=1e-3, help="learning rate")
        parser.add_argument("--batch-size", type=int, default=48)
        parser.add_argument("--dropout", type=float, default=0.1)
        parser.add_argument("--layers", type=int, default=3)
        parser.add_argument("--optimizer", choices=["adam", "sgd"], default="adam")
        parser.add_argument("--nesterov", action="store_true")
        parser.add_argument("--epochs", type=int, default=10)
        parser.add_argument("--data-dir", required=True, help="where\nthe: data # is")
        print(f"val_loss={loss}")
        """#

    @Test func `what is searched follows from names, types, defaults and choices`() {
        let yaml = StarterFile(
            program: "train.py", options: ArgparseReader.options(script), metric: MetricGuess.find(script)
        ).yaml
        for text in [
            "  lr:\n    distribution: log_uniform_values\n    min: 0.0001\n    max: 0.01\n",
            "  batch-size:\n    values: [32, 64, 128, 256]\n",
            "  dropout:\n    distribution: uniform\n    min: 0.0\n    max: 0.5\n",
            "  layers:\n    min: 1\n    max: 6\n", "  optimizer:\n    values: [adam, sgd]\n",
            "  nesterov:\n    values: [false, true]\n", "${args_no_boolean_flags}", "  # epochs:\n  #   value: 10\n",
            "  data-dir:\n    value: CHANGE-ME", "  name: val_loss\n  goal: minimize",
        ] {
            #expect(yaml.contains(text), "\(text) in \(yaml)")
        }
    }

    @Test(arguments: [
        "", #"p.add_argument("--lr", type=float)"#, #"p.add_argument("data"); p.add_argument("--x", default=3)"#,
        #"p.add_argument("--yes", choices=["on", "off", "no"], help="a: b # c\n- d")"#,
        #"p.add_argument("--a.b", type=float, default=0.3); p.add_argument("--größe", type=int, default=3)"#,
        #"p.add_argument("--w", choices=[0.1, 1e-5, 1e300, None, True, "x: y", "", "'", '"'])"#,
        #"p.add_argument("--z", type=float, default=0.0); p.add_argument("--m", type=float, default=1e308)"#,
        #"p.add_argument("--lr", type=float, default=1e-320); p.add_argument("--n", type=int, default=999999)"#,
        #"p.add_argument("--momentum", type=float, default=0.9); p.add_argument("--beta1", default=0.9, type=float)"#,
    ])
    func `every file that is written passes the check`(source: String) {
        let yaml = StarterFile(
            program: "a b's.py", options: ArgparseReader.options(source), metric: MetricGuess.find(source)
        ).yaml
        let result = SpecParser.parse(yaml)
        #expect(result.errors.isEmpty, "\(result.errors)\n\(yaml)")
        #expect(result.spec != nil)
    }

    @Test func `init writes the file once, and again only with --force`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("train.py", script)
        let first = await run(["init", "train.py"], directory: folder.path)
        #expect(first.code == 0, "\(first.talk)")
        #expect(first.talk.contains("8 options found"))
        #expect(folder.read("sweep.yaml")?.contains("program: train.py") == true)
        let again = await run(["init", "train.py"], directory: folder.path)
        #expect(again.code == 1)
        #expect(again.talk.contains("--force"))
        #expect(await run(["init", "train.py", "--force"], directory: folder.path).code == 0)
        let printed = await run(["init", "train.py", "-o", "-"], directory: folder.path)
        #expect(printed.output == folder.read("sweep.yaml"))
        #expect(await run(["check", "sweep.yaml"], directory: folder.path).code == 0)
    }

    @Test func `a script that is missing or a folder is refused`() async throws {
        let folder = try TemporaryFolder()
        #expect(await run(["init", "none.py"], directory: folder.path).code == 64)
        #expect(await run(["init", "."], directory: folder.path).code == 64)
    }
}

/// Removed when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "sweep-commands-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String, executable: Bool = false) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
        if executable { chmod("\(path)/\(name)", 0o755) }
    }

    func make(_ folder: String) throws {
        try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }

    func read(_ name: String) -> String? {
        FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) }
    }
}
