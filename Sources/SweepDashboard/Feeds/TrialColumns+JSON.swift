import SweepModel

extension TrialColumns {
    /// Columns of metrics in an answer that asks for none by name.
    static let defaultMetrics = 8

    /// Trials as columns. `states` has a letter a trial (see `letter`), times are milliseconds after `origin`.
    func write(
        _ indices: some Collection<Int>, metrics names: Set<String>?, derived: [ValueColumn] = [],
        into json: inout JSONBytes
    ) {
        let origin = started.lazy.compactMap { $0 }.first?.milliseconds ?? 0
        json.member("origin", Int(origin))
        json.members("number", indices.lazy.map { numbers[$0] })
        json.member("states", String(decoding: indices.map { Self.letter(states[$0]) }, as: UTF8.self))
        json.array("objective") { json in for index in indices { json.value(objectives[index]) } }
        json.array("step") { json in for index in indices { json.value(steps[index]) } }
        json.members("attempt", indices.lazy.map { attempts[$0] })
        json.members("point", indices.lazy.map { points[$0] })
        json.array("started") { json in
            for index in indices { json.value(started[index].map { Int($0.milliseconds - origin) }) }
        }
        json.array("ended") { json in
            for index in indices { json.value(ended[index].map { Int($0.milliseconds - origin) }) }
        }
        json.array("exit") { json in for index in indices { json.value(exits[index]) } }
        write("slot", indices.map { slots[$0] }, into: &json)
        write("reason", indices.map { reasons[$0] }, into: &json)
        json.array("parameters") { json in
            for column in parameters { write(column, indices, into: &json) }
        }
        json.array("metrics") { json in
            for column in shown(names) + derived { write(column, indices, into: &json) }
        }
    }

    /// One letter a state: `w`aiting, `a`ssigned, `r`unning, `c`ompleted, `p`runed, `f`ailed, `x` cancelled.
    static func letter(_ state: TrialState) -> UInt8 {
        switch state {
        case .waiting: UInt8(ascii: "w")
        case .assigned: UInt8(ascii: "a")
        case .running: UInt8(ascii: "r")
        case .completed: UInt8(ascii: "c")
        case .pruned: UInt8(ascii: "p")
        case .failed: UInt8(ascii: "f")
        case .cancelled: UInt8(ascii: "x")
        }
    }

    private func shown(_ names: Set<String>?) -> [ValueColumn] {
        if let names { return metrics.filter { names.contains($0.name) } }
        return Array(metrics.lazy.filter { !Self.isSystem($0.name) }.prefix(Self.defaultMetrics))
    }

    /// Metrics of the machine, not of the training: W&B's prefix.
    static func isSystem(_ name: String) -> Bool { name.hasPrefix("system.") || name.hasPrefix("system/") }

    /// Texts that repeat: an index a trial, and each text once.
    private func write(_ name: String, _ texts: [String?], into json: inout JSONBytes) {
        var places: [String: Int] = [:]
        var distinct: [String] = []
        json.array(name) { json in
            for text in texts {
                guard let text else {
                    json.value(Int?.none)
                    continue
                }
                if places[text] == nil {
                    places[text] = distinct.count
                    distinct.append(text)
                }
                json.value(places[text])
            }
        }
        json.members(name + "Texts", distinct)
    }

    private func write(_ column: ValueColumn, _ indices: some Collection<Int>, into json: inout JSONBytes) {
        json.object { json in
            json.member("name", column.name)
            json.array("values") { json in for index in indices { column.write(index, into: &json) } }
            if !column.texts.isEmpty { json.array("texts") { json in for text in column.texts { json.value(text) } } }
        }
    }

    /// At most `limit` trials, by number: those that run, the best, and the rest evenly spread.
    func sample(_ limit: Int, goal: Objective.Goal, among chosen: [Int]? = nil) -> [Int] {
        let all = chosen ?? Array(numbers.indices)
        guard all.count > limit else { return all }
        var kept = Set(all.filter { states[$0].isLive }.prefix(limit / 4))
        let ranked = all.filter { objectives[$0]?.isFinite == true && states[$0].isFinal }.sorted {
            guard let a = objectives[$0], let b = objectives[$1] else { return false }
            return a == b ? $0 < $1 : goal.prefers(a, to: b)
        }
        kept.formUnion(ranked.prefix(limit / 4))
        let room = limit - kept.count
        guard room > 0 else { return kept.sorted() }
        let rest = all.filter { !kept.contains($0) }
        let stride = Double(rest.count) / Double(room)
        for place in 0..<min(room, rest.count) { kept.insert(rest[min(rest.count - 1, Int(Double(place) * stride))]) }
        return kept.sorted()
    }
}
