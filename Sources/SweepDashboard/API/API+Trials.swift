import Hummingbird
import NIOCore
import ServiceLifecycle
import SweepModel
import SweepStore
import SweepWire

extension API {
    /// Curves of one answer; further trials are asked for again.
    static let mostCurves = 200

    private func snapshot(_ id: TrialID) async throws -> (TrialSnapshot, [AttemptSnapshot]) {
        try await blocking { [store] in
            guard let trial = try store.trial(id) else {
                throw SweepError(.notFound, "sweep \(id.sweep) has no trial \(id.number)")
            }
            return (trial, try store.attempts(id))
        }
    }

    func trialDetails(_ asked: APIRequest) async throws -> Response {
        let id = try asked.trial(of: try await sweepID(asked))
        let (trial, attempts) = try await snapshot(id)
        let facts = backend.facts(of: id.sweep)
        let rank = try await rank(of: trial, goal: facts?.objective?.goal ?? .minimize)
        return Answers.ok(
            JSONBytes.object { json in
                json.object("trial") { trial.write(into: &$0) }
                json.array("attempts") { json in
                    for attempt in attempts { json.object { attempt.write(into: &$0) } }
                }
                json.member("rank", rank?.rank)
                json.member("ranked", rank?.of)
                json.member("metric", facts?.objective?.metric)
                json.member("goal", facts?.objective?.goal.rawValue)
                json.member("mayAct", asked.grant == .full)
            })
    }

    /// Its place among the finished trials, from 1.
    private func rank(of trial: TrialSnapshot, goal: Objective.Goal) async throws -> (rank: Int, of: Int)? {
        guard let value = trial.progress.objective, value.isFinite else { return nil }
        let (columns, _) = try await columns(of: trial.record.id.sweep)
        var better = 0
        var count = 0
        for index in columns.numbers.indices {
            guard columns.states[index] == .completed || columns.states[index] == .pruned,
                let other = columns.objectives[index], other.isFinite
            else { continue }
            count += 1
            if goal.prefers(other, to: value) { better += 1 }
        }
        return (better + 1, count)
    }

    /// The attempt that `?attempt=` names, or the newest.
    func attempt(_ asked: APIRequest, _ id: TrialID) async throws -> AttemptID {
        let (trial, _) = try await snapshot(id)
        let newest = trial.progress.attempt
        guard newest > 0 else { throw APIError(.notFound, "trial \(id) has not started yet") }
        return AttemptID(id, try asked.query.number("attempt", in: 1...newest, default: newest))
    }

    /// The metrics of one attempt: each thinned to `width` pixels.
    func metrics(_ asked: APIRequest) async throws -> Response {
        let id = try asked.trial(of: try await sweepID(asked))
        let attempt = try await attempt(asked, id)
        let width = try asked.query.number("width", in: 10...4000, default: 600)
        let names = Set(try asked.query.all("name", most: 200))
        let prefix = try asked.query.text("prefix")
        let most = try asked.query.number("most", in: 1...500, default: 60)
        let bytes = try await blocking { [store] in
            let series = try SeriesSet(store, attempt, most: most) { name in
                names.isEmpty ? prefix.map { name.hasPrefix($0) } ?? true : names.contains(name)
            }
            return JSONBytes.object { json in
                json.member("attempt", attempt.number)
                json.members("names", series.names.sorted())
                json.member("hiddenNames", series.hiddenNames)
                series.write(width: width, into: &json)
            }
        }
        return Answers.ok(bytes)
    }

    /// One row a report and a column a metric.
    func metricsCSV(_ asked: APIRequest) async throws -> Response {
        let id = try asked.trial(of: try await sweepID(asked))
        let attempt = try await attempt(asked, id)
        let bytes = try await blocking { [store] in
            var names: Set<String> = []
            try store.forEachReport(attempt) { names.formUnion($0.metrics.keys) }
            let columns = names.sorted()
            var csv = CSVBytes()
            csv.row([.string("step"), .string("time")] + columns.map { .string($0) })
            try store.forEachReport(attempt) { report in
                csv.row(
                    [report.step.map { .int($0) } ?? .null, .double(Double(report.time.milliseconds) / 1000)]
                        + columns.map { report.metrics[$0].map { .double($0) } ?? .null })
            }
            return csv.bytes
        }
        var response = Answers.ok(bytes, type: Answers.csv)
        response.headers[.contentDisposition] = "inline; filename=\"\(id)-metrics.csv\""
        return response
    }

    /// One metric of many trials, for a chart of their curves.
    func curves(_ asked: APIRequest) async throws -> Response {
        let sweep = try await sweepID(asked)
        guard let name = try asked.query.text("metric", limit: 1000) ?? backend.facts(of: sweep)?.objective?.metric
        else { throw APIError(.badRequest, "'metric' is missing") }
        let width = try asked.query.number("width", in: 10...4000, default: 300)
        let trials = try asked.query.numbers("trials", most: Self.mostCurves) ?? []
        let (columns, version) = try await columns(of: sweep)
        return try await read.answer("curves \(sweep) \(width) \(trials) \(name)", version: version) {
            try await blocking { [store] in
                var curves: [(Int, SeriesSet)] = []
                for number in trials {
                    guard let index = columns.index(of: number), columns.attempts[index] > 0 else { continue }
                    let attempt = AttemptID(TrialID(sweep, number), columns.attempts[index])
                    curves.append((number, try SeriesSet(store, attempt, most: 1) { $0 == name }))
                }
                return JSONBytes.object { json in
                    json.member("metric", name)
                    json.array("curves") { json in
                        for (number, series) in curves {
                            json.object { json in
                                json.member("trial", number)
                                series.write(width: width, into: &json)
                            }
                        }
                    }
                }
            }
        }
    }

    func log(_ asked: APIRequest) async throws -> Response {
        let id = try asked.trial(of: try await sweepID(asked))
        let attempt = try await attempt(asked, id)
        let place: LogPlace
        if let offset = try asked.query.number("from", in: 0...(1 << 40)) {
            place = .offset(offset)
        } else {
            place = .tail(try asked.query.number("tail", in: 1...10_000, default: 500))
        }
        let slice = try await backend.log(attempt, from: place)
        return Answers.ok(
            JSONBytes.object { json in
                json.member("attempt", attempt.number)
                json.member("text", slice.text)
                json.member("start", slice.start)
                json.member("next", slice.next)
                json.member("hasMore", slice.hasMore)
            })
    }

    /// Server-sent events: `hello`, then `change` for what changed, `reload` when too much was missed, `gone` when the sweep
    /// was deleted.
    func events(_ asked: APIRequest) async throws -> Response {
        let id = try await sweepID(asked)
        guard let place = streams.enter() else {
            throw APIError(.serviceUnavailable, "too many pages are open", remedy: "close some, or wait")
        }
        let feed = feeds.feed(of: id)
        guard let (stream, number) = feed.listen() else {
            place.leave()
            throw APIError(.serviceUnavailable, "try again")
        }
        // Its first state is read here, so that what comes next is a change of what the page asked for.
        _ = try? await blocking { try feed.current() }
        let body = ResponseBody { writer in
            defer {
                feed.leave(number)
                place.leave()
            }
            for await buffer in stream.cancelOnGracefulShutdown() { try await writer.write(buffer) }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"], body: body)
    }
}
