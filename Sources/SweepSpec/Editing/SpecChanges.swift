import SweepModel
import SweepSearch

/// What is different between two files of one sweep, and whether a sweep that runs can be changed so.
enum SpecChanges {
    /// - Throws: the first difference that would make trials of before and after different things.
    static func check(from before: SweepSpec, to after: SweepSpec) throws(SweepError) {
        func refuse(_ what: String) throws(SweepError) {
            throw SweepError(
                .usage, "\(what) cannot change while a sweep goes on: its trials could not be compared",
                remedy: "create a new sweep that learns from this one ('prior: [ID]')")
        }
        if before.method != after.method { try refuse("'method' ('\(before.method)' → '\(after.method)')") }
        let (old, new) = (before.space, after.space)
        let names = new.parameters.map(\.path)
        if let gone = old.parameters.first(where: { !names.contains($0.path) }) {
            try refuse("the set of parameters ('\(gone.name)' is gone)")
        }
        if let more = new.parameters.first(where: { one in !old.parameters.contains { $0.path == one.path } }) {
            try refuse("the set of parameters ('\(more.name)' is new)")
        }
        if old.parameters.map(\.path) != names { try refuse("the order of the parameters") }
        for (a, b) in zip(old.parameters, new.parameters) where a.condition != b.condition {
            try refuse("the 'when' of '\(a.name)'")
        }
        if old.couplings != new.couplings { try refuse("'zip'") }
        if before.objective != after.objective || before.further != after.further { try refuse("'metric'") }
        if before.repetitions != after.repetitions { try refuse("'repeat'") }
        if before.fidelity != after.fidelity { try refuse("'fidelity'") }
        if before.initial != after.initial { try refuse("'initial' (--try asks for a point)") }
        if before.prior != after.prior { try refuse("'prior'") }
        if let seed = after.seed, seed != before.seed { try refuse("'seed'") }
        if before.launch != after.launch { try refuse("what a trial runs (command, program, environment, resources)") }
    }

    static func words(from before: SweepSpec, to after: SweepSpec) -> [String] {
        var words: [String] = []
        func compare<T: Equatable>(_ what: String, _ old: T, _ new: T, _ text: (T) -> String) {
            if old != new { words.append("\(what): \(text(old)) → \(text(new))") }
        }
        let bound = { (value: Int?) in value.map(String.init) ?? "none" }
        compare("run cap", before.runCap, after.runCap, bound)
        compare("time budget", before.timeBudget, after.timeBudget) { value in
            value.map { "\(NumberText.short($0 / 3600)) h" } ?? "none"
        }
        compare("parallel", before.parallel, after.parallel, bound)
        compare("priority", before.priority, after.priority) { String($0) }
        compare("early stopping", before.earlyTerminate, after.earlyTerminate) { rule in
            guard let rule else { return "none" }
            let settings = rule.settings.sorted { $0.key < $1.key }.map { ParameterValue.Member($0.key, $0.value) }
            return rule.type + (settings.isEmpty ? "" : " " + YAMLText.flow(.object(settings)))
        }
        compare("stop when", before.stopWhen, after.stopWhen) { stop in
            let parts = [
                stop?.patience.map { "patience \($0)" },
                stop?.expectedImprovement.map { "expected improvement \(NumberText.short($0))" },
            ].compactMap { $0 }
            return parts.isEmpty ? "none" : parts.joined(separator: ", ")
        }
        compare("retries", before.retries, after.retries) { String($0) }
        compare("max losses", before.maxLosses, after.maxLosses) { String($0) }
        for (old, new) in zip(before.space.parameters, after.space.parameters) {
            compare(old.name, law(old), law(new)) { $0 }
        }
        let (old, new) = (before.excluded.map(\.text), after.excluded.map(\.text))
        words += new.filter { !old.contains($0) }.map { "excluded: \($0)" }
        words += old.filter { !new.contains($0) }.map { "allowed again: \($0)" }
        if before.derived != after.derived { words.append("derived metrics") }
        // Without the addresses, which are secret.
        if before.notify != after.notify { words.append("who is notified of what") }
        return words
    }

    /// In a line, and exactly: two lists that are shortened alike are still told apart.
    private static func law(_ parameter: Parameter) -> String {
        guard let axis = parameter.distribution.gridAxis, axis.count <= 50 else {
            return parameter.distribution.summary
        }
        return YAMLText.flow(.list((0..<axis.count).map { axis[$0] }))
    }
}
