/// The files of an attempt's record beside its output: written by the agent, shipped as they grow, kept in the run's
/// folder under the same name.
package enum RecordFileName {
    /// Host, user, hardware, Python, git: one JSON object.
    package static let overview = "overview.json"
    /// Uncommitted changes and untracked text files, for `git apply`.
    package static let diff = "diff.patch"
    package static let requirements = "requirements.txt"
    package static let conda = "conda-environment.yaml"
    /// System metrics, one JSON object a line.
    package static let system = "system.jsonl"
    /// `RunDetail`s, one JSON object a line.
    package static let details = "details.jsonl"
    /// Which bytes of the output came from standard error, one JSON list `[start, end]` a line.
    package static let outputErrors = "output.errors"
    /// When which part of the output was printed, one JSON list a line.
    package static let outputTimes = "output.times"

    /// Those that say more of the output come as soon as it is said when they were written: errors before times.
    package static let all = [overview, diff, requirements, conda, system, details, outputErrors, outputTimes]
}
