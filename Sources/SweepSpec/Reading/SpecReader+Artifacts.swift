import SweepModel

/// `use_artifact`: what every trial is given before it starts.
extension SpecReader {
    /// - Parameter environment: `environment`, where `SWEEP_USE_ARTIFACTS` names more.
    mutating func readInputs(_ environment: [String: String]) -> [ArtifactInput]? {
        var inputs: [ArtifactInput] = []
        let entry = top["use_artifact"]
        if let entry, !entry.value.isNull {
            // One by itself needs no list.
            for element in entry.value.elements ?? [entry.value] {
                if let input = readInput(element) { inputs.append(input) }
            }
        }
        do throws(SweepError) {
            if let text = environment[ArtifactInput.variable] { inputs += try ArtifactInput.list(text) }
            try ArtifactInput.check(inputs)
        } catch {
            log.error(
                error.message, at: entry?.value.place ?? top["environment"]?.value.place, mend: error.remedy)
        }
        return inputs.isEmpty ? nil : inputs
    }

    private mutating func readInput(_ node: YAMLNode) -> ArtifactInput? {
        var (name, folder): (String?, String?) = (node.text, nil)
        for field in node.entries ?? [] {
            switch field.key {
            case "name": name = field.value.text
            case "as": folder = field.value.text
            default: unknown(field, among: ["name", "as"], in: "an artifact of 'use_artifact'")
            }
        }
        guard let name else {
            log.error(
                "an artifact of 'use_artifact' must be a name, but it is \(node.kind)", at: node.place,
                mend: "write 'use_artifact: [model:best, {name: dataset:v3, as: data}]'")
            return nil
        }
        do throws(SweepError) {
            return try ArtifactInput(name, folder: folder)
        } catch {
            log.error(error.message, at: node.place, mend: error.remedy)
            return nil
        }
    }
}
