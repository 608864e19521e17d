/// A sweep's `command` with its macros, turned into the argv of one trial.
///
/// Beyond W&B, whose agent knows macros only as whole items (and `${envvar:NAME}`), a macro also stands inside longer
/// text (`--lr=${lr}`), and every parameter and the trial's seed is a macro. Where a name means several things the first
/// of these counts: a macro of W&B, a parameter, `seed`.
package enum CommandTemplate {
    /// W&B's command where the file gives none.
    package static let standard = ["${env}", "${interpreter}", "${program}", "${args}"]

    /// Everything that macros stand for.
    package struct Context: Sendable {
        package var parameters: Parameters
        package var program: String?
        /// `${args_json_file}`: where the launcher writes the parameters as JSON.
        package var parametersFile: String
        package var seed: Int
        /// `${envvar:NAME}`.
        package var environment: [String: String]
        /// `${interpreter}`: W&B says `python`; a machine that has only `python3` needs that instead.
        package var interpreter: String
        /// Parameters that not every trial has (`LaunchSpec.optionalParameters`).
        package var optionalParameters: [String]

        package init(
            parameters: Parameters, program: String?, parametersFile: String, seed: Int,
            environment: [String: String], interpreter: String = "python", optionalParameters: [String] = []
        ) {
            self.parameters = parameters
            self.program = program
            self.parametersFile = parametersFile
            self.seed = seed
            self.environment = environment
            self.interpreter = interpreter
            self.optionalParameters = optionalParameters
        }
    }

    /// The argv of one trial; never through a shell, so nothing is quoted but a macro of several arguments inside a
    /// longer text, which is for a shell that the command itself starts.
    ///
    /// An environment variable that is not set leaves its name, as W&B does. An item that names a parameter which this
    /// trial does not have, by its condition, is left out. What looks like a macro inside a longer text and is none
    /// stays as it is (`${HOME}` in a script for a shell).
    ///
    /// - Throws: when a whole item is an unknown macro, or `${program}` stands in a command of a sweep
    ///   without one.
    package static func expand(_ command: [String], _ context: Context) throws(SweepError) -> [String] {
        var argv: [String] = []
        for text in command { argv += try expand(CommandItem(text), context) }
        guard let program = argv.first, !program.isEmpty else {
            throw SweepError(.usage, "the command is empty", remedy: "leave 'command' out to get the usual one")
        }
        return argv
    }

    private static func expand(_ item: CommandItem, _ context: Context) throws(SweepError) -> [String] {
        if let name = item.wholeMacro, let macro = CommandMacro(rawValue: name) { return try macro.items(context) }
        var text = ""
        for part in item.parts {
            switch part {
            case .text(let plain): text += plain
            case .macro(let name):
                switch try meaning(of: name, context) {
                case .text(let value): text += value
                case .absent: return []
                case .unknown where item.wholeMacro != nil: throw unknownMacro(name, context)
                case .unknown: text += "${\(name)}"
                }
            }
        }
        return [text]
    }

    private enum Meaning {
        case text(String)
        /// A parameter that this trial does not have.
        case absent
        case unknown
    }

    private static func meaning(of name: String, _ context: Context) throws(SweepError) -> Meaning {
        if let variable = environmentVariable(in: name) { return .text(context.environment[variable] ?? variable) }
        if let macro = CommandMacro(rawValue: name) {
            let items = try macro.items(context)
            // Several arguments in one text only make sense to a shell: `bash -c 'source env.sh; python x.py ${args}'`.
            return .text(macro.isSingle ? items.joined() : ShellText.line(items))
        }
        if let value = parameter(name, in: context.parameters) { return .text(PythonText.str(value)) }
        if context.optionalParameters.contains(name) { return .absent }
        if name == "seed" { return .text(String(context.seed)) }
        return .unknown
    }

    /// `NAME` of `envvar:NAME`; nil for anything else.
    package static func environmentVariable(in macro: String) -> String? {
        guard macro.hasPrefix("envvar:") else { return nil }
        let name = macro.dropFirst("envvar:".count)
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isName ? String(name) : nil
    }

    /// The value of the parameter called `name`: one of that very name, or a nested one whose path it is, joined by
    /// dots (`optimizer.lr`).
    package static func parameter(_ name: String, in parameters: Parameters) -> ParameterValue? {
        if let exact = parameters.last(where: { $0.key == name }) { return exact.value }
        for member in parameters {
            guard let children = member.value.members, name.hasPrefix(member.key + ".") else { continue }
            let rest = String(name.dropFirst(member.key.count + 1))
            if let value = parameter(rest, in: children) { return value }
        }
        return nil
    }

    /// The error of a macro that nobody knows, with the name that was perhaps meant.
    private static func unknownMacro(_ name: String, _ context: Context) -> SweepError {
        let known =
            CommandMacro.allCases.map(\.rawValue) + context.parameters.map(\.key) + context.optionalParameters
            + ["seed"]
        return SweepError(
            .usage, "the command has an unknown macro ${\(name)}",
            remedy: Spelling.nearest(to: name, among: known).map { "did you mean ${\($0)}?" }
                ?? "the macros are ${env}, ${interpreter}, ${program}, ${args}, ${args_json} and each parameter's name")
    }
}
