import SweepModel

/// `use_artifact`: what every trial is given before it starts; `keep`: what stays of what trials make.
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

    // MARK: keep

    /// `keep: best 5`, or by artifact: `keep: {model: best 5, logs: latest 2}`.
    mutating func readKeep(_ objective: Objective?) -> KeepRules? {
        guard let entry = top["keep"], !entry.value.isNull else { return nil }
        var rules = KeepRules()
        if let fields = entry.value.entries {
            for field in fields {
                guard ArtifactManifest.isName(field.key) else {
                    log.error("'\(field.key.prefix(60))' is no name of an artifact", at: field.keyPlace)
                    continue
                }
                rules.named[field.key] = rule(field.value, objective)
            }
        } else if let rule = rule(entry.value, objective) {
            rules.usual = rule
        }
        return rules
    }

    private mutating func rule(_ node: YAMLNode, _ objective: Objective?) -> KeepRule? {
        guard let rule = node.text.flatMap(KeepRule.init) else {
            log.error(
                "'keep' must be a rule, but it is \(node.kind)", at: node.place,
                mend: "write 'keep: best 5', 'latest 3' or 'all'")
            return nil
        }
        if rule.needsObjective, objective == nil {
            log.error(
                "'keep' asks for the best, but there is no metric to tell", at: node.place,
                mend: "add 'metric: {name: val_loss, goal: minimize}', or write 'keep: latest 5'")
        }
        return rule
    }
}
