/// The macros of W&B's agent, and what each stands for. `${envvar:NAME}`, `${seed}` and a parameter's name are macros
/// too, but have no fixed name: see `CommandTemplate`.
package enum CommandMacro: String, CaseIterable, Sendable {
    case env
    case interpreter
    case program
    /// `--name=value` for each parameter.
    case args
    /// `--name`, `value`: two items for each parameter.
    case argsNoEquals = "args_no_equals"
    /// `name=value`.
    case argsNoHyphens = "args_no_hyphens"
    /// `--name` for True, nothing for False, else `--name=value`.
    case argsNoBooleanFlags = "args_no_boolean_flags"
    /// `+name=value`.
    case argsAppendHydra = "args_append_hydra"
    /// `++name=value`.
    case argsOverrideHydra = "args_override_hydra"
    /// One item: all parameters as a JSON object.
    case argsJSON = "args_json"
    /// One item: the path of a file that holds them.
    case argsJSONFile = "args_json_file"
    /// The names alone, as W&B does.
    case argsDict = "args_dict"

    /// It stands for one string. The others, as a part of a longer text, are quoted for a shell.
    package var isSingle: Bool {
        switch self {
        case .env, .interpreter, .program, .argsJSON, .argsJSONFile: true
        case .args, .argsNoEquals, .argsNoHyphens, .argsNoBooleanFlags, .argsAppendHydra, .argsOverrideHydra, .argsDict:
            false
        }
    }

    /// The items that it stands for.
    ///
    /// - Throws: `${program}` of a sweep without one.
    func items(_ context: CommandTemplate.Context) throws(SweepError) -> [String] {
        switch self {
        case .env: return ["/usr/bin/env"]
        case .interpreter: return [context.interpreter]
        case .program:
            guard let program = context.program else {
                throw SweepError(
                    .usage, "the command has ${program}, but the sweep names no program",
                    remedy: "add 'program: train.py' to the sweep file, or write the script's name in the command")
            }
            return [program]
        case .args: return context.parameters.map { "--\($0.key)=\(PythonText.str($0.value))" }
        case .argsNoEquals: return context.parameters.flatMap { ["--\($0.key)", PythonText.str($0.value)] }
        case .argsNoHyphens: return context.parameters.map { "\($0.key)=\(PythonText.str($0.value))" }
        case .argsNoBooleanFlags:
            return context.parameters.compactMap { parameter in
                guard case .bool(let isOn) = parameter.value else {
                    return "--\(parameter.key)=\(PythonText.str(parameter.value))"
                }
                return isOn ? "--\(parameter.key)" : nil
            }
        case .argsAppendHydra: return context.parameters.map { "+\($0.key)=\(PythonText.str($0.value))" }
        case .argsOverrideHydra: return context.parameters.map { "++\($0.key)=\(PythonText.str($0.value))" }
        case .argsJSON: return [PythonText.jsonDumps(.object(context.parameters))]
        case .argsJSONFile: return [context.parametersFile]
        case .argsDict: return context.parameters.map(\.key)
        }
    }
}
