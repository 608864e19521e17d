/// Values as Python writes them: what a training script's command line is made of.
package enum PythonText {
    /// `str(value)`: `True`, `None`, `1e-05`, `[1, 2.5, 'x']`.
    package static func str(_ value: ParameterValue) -> String { "" }

    /// `repr(value)`: like `str`, with strings quoted.
    package static func repr(_ value: ParameterValue) -> String { "" }

    /// `json.dumps(value)`: with a space after `,` and `:`.
    package static func jsonDumps(_ value: ParameterValue) -> String { "" }
}
