/// A sweep's `command` with its macros, turned into the argv of one trial.
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

        package init(
            parameters: Parameters, program: String?, parametersFile: String, seed: Int, environment: [String: String]
        ) {
            self.parameters = parameters
            self.program = program
            self.parametersFile = parametersFile
            self.seed = seed
            self.environment = environment
        }
    }

    /// The argv of one trial; never through a shell, so nothing is quoted.
    ///
    /// - Throws: when a macro is unknown, or `${program}` stands in a command of a sweep without one.
    package static func expand(_ command: [String], _ context: Context) throws(SweepError) -> [String] {
        throw SweepError(.failed, "not yet wired")
    }
}
