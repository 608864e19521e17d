package import SweepModel

/// The line protocol of `sweep ask-tell`: one JSON object a line, answered with one line or none.
///
///     {"op":"ask"}                                  -> {"id":"7","params":{"lr":0.01}}, or {"done":true}
///     {"op":"tell","id":"7","value":0.31}              (no answer; null: the trial failed)
///     {"op":"report","id":"7","step":3,"value":0.4} -> {"stop":false}
///
/// A trial that somebody else ran is told with its parameters instead of an id (`{"op":"tell","params":{…},"value":0.3}`).
///
/// With `fidelity: {…, resume: true}` a stop may be a pause (`{"stop":true,"pause":true}`), and an ask be answered with a
/// paused trial and the step that it goes on from (`{"id":"7","params":{…},"from":9}`); after `{"done":true}` it pays to
/// ask again while trials run.
///
/// With several objectives `tell` takes `"values":[…]`, in the order of `metrics`. Whatever cannot be understood is
/// answered with `{"error":"…"}` and changes nothing.
package struct AskTellDesk: Sendable {
    /// Most bytes of a line.
    package static let longestLine = 1 << 20
    /// Most trials without a value: who asks on without telling gets an error.
    package static let mostPending = 10_000

    package private(set) var run: SearchRun

    package init(_ run: SearchRun) { self.run = run }

    /// - Parameter line: without its line feed; an empty one is no request.
    /// - Returns: the answer, without a line feed; nil: there is none.
    package mutating func answer(_ line: [UInt8]) -> [UInt8]? {
        guard line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { return nil }
        do {
            guard line.count <= Self.longestLine else { throw Self.tooLong }
            return try handle(JSONParser.parse(line))?.jsonBytes(nonFinite: .null)
        } catch let error as SweepError {
            return Self.refusal(error)
        } catch {
            return Self.refusal(
                SweepError(
                    .usage, "not JSON: \(error)", remedy: "send one JSON object a line, such as {\"op\":\"ask\"}"))
        }
    }

    /// The answer to a line that was too long to be read.
    package static var tooLong: SweepError {
        SweepError(.usage, "a line of over \(longestLine) bytes", remedy: "send one JSON object a line")
    }

    package static func refusal(_ error: SweepError) -> [UInt8] {
        ParameterValue.object([.init("error", .string(error.description))]).jsonBytes()
    }

    private mutating func handle(_ request: ParameterValue) throws(SweepError) -> ParameterValue? {
        guard let op = request["op"]?.string else {
            throw SweepError(.usage, "a request needs 'op'", remedy: "\"op\" is \"ask\", \"tell\" or \"report\"")
        }
        switch op {
        case "ask": return try ask()
        case "tell":
            try tell(request)
            return nil
        case "report":
            guard let step = request["step"]?.number else {
                throw SweepError(.usage, "a report needs 'step', a number", remedy: "add \"step\": 3")
            }
            guard let value = request["value"], value.number != nil || value == .null else {
                throw SweepError(.usage, "a report needs 'value', a number", remedy: "add \"value\": 0.5")
            }
            let decision = try run.report(trial(of: request), step: step, value: value.number ?? .nan)
            guard case .stop(let note) = decision else { return .object([.init("stop", false)]) }
            return .object([.init("stop", true)] + (note.isPause == true ? [.init("pause", true)] : []))
        default:
            throw SweepError(
                .usage, "there is no op '\(op.prefix(40))'", remedy: "\"op\" is \"ask\", \"tell\" or \"report\"")
        }
    }

    private mutating func ask() throws(SweepError) -> ParameterValue {
        guard run.pending.count < Self.mostPending else {
            throw SweepError(
                .tryAgain, "\(run.pending.count) trials are without a value", remedy: "tell some before asking for more"
            )
        }
        guard let asked = run.ask() else { return .object([.init("done", true)]) }
        return .object(
            [
                .init("id", .string("\(asked.trial)")),
                .init("params", .object(run.problem.space.parameters(of: asked.point))),
            ] + (asked.from.map { [.init("from", .double($0))] } ?? []))
    }

    private mutating func tell(_ request: ParameterValue) throws(SweepError) {
        let parameters = request["id"] == nil ? request["params"]?.members : nil
        let trial = parameters == nil ? try trial(of: request) : 0
        func tell(_ value: Double?, further: [Double] = []) throws(SweepError) {
            if let parameters { return try run.tell(parameters, value, further: further) }
            try run.tell(trial, value, further: further)
        }
        if case .list(let values)? = request["values"] {
            let numbers = values.compactMap(\.number)
            guard let first = numbers.first, numbers.count == values.count else { return try tell(nil) }
            return try tell(first, further: Array(numbers.dropFirst()))
        }
        guard let value = request["value"], value.number != nil || value == .null else {
            throw SweepError(
                .usage, "a tell needs 'value', a number or null", remedy: "add \"value\": 0.5, or null for a failure")
        }
        try tell(value.number)
    }

    private func trial(of request: ParameterValue) throws(SweepError) -> Int {
        let trial: Int? =
            switch request["id"] {
            case .string(let text): Int(text)
            case .int(let number): number
            default: nil
            }
        guard let trial else {
            throw SweepError(
                .usage, "a request needs the 'id' of a trial", remedy: "give the id that an ask answered with")
        }
        return trial
    }
}
