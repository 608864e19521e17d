import HTTPTypes
import Hummingbird
import NIOCore
import SweepModel

/// What a trial's record holds beside its metrics and its output.
extension API {
    /// Bytes of a file that are read at once.
    private static let piece = 1 << 18

    /// `{"facts": [{"name", "text"}], "compared": [3, 5]}`; a fact without a name belongs to the one before it.
    func reasons(_ asked: APIRequest) async throws -> Response {
        let id = try asked.trial(of: try await sweepID(asked))
        let reasons = try await backend.reasons(of: id)
        return Answers.ok(
            JSONBytes.object { json in
                json.array("facts") { json in
                    for fact in reasons.facts {
                        json.object { json in
                            json.member("name", fact.name)
                            json.member("text", fact.text)
                        }
                    }
                }
                json.members("compared", reasons.neighbours)
            })
    }

    func recordFiles(_ asked: APIRequest) async throws -> Response {
        let attempt = try await attempt(asked, asked.trial(of: try await sweepID(asked)))
        let files = try await backend.recordFiles(attempt)
        return Answers.ok(
            JSONBytes.object { json in
                json.member("attempt", attempt.number)
                json.array("files") { json in
                    for file in files {
                        json.object { json in
                            json.member("name", file.name)
                            json.member("size", file.size)
                        }
                    }
                }
            })
    }

    /// A file as text to save, or with `?limit=` its beginning: what a trial wrote never runs in a page.
    func recordFile(_ asked: APIRequest) async throws -> Response {
        let attempt = try await attempt(asked, asked.trial(of: try await sweepID(asked)))
        let name = try asked.parameter("file")
        guard let file = try await backend.recordFiles(attempt).first(where: { $0.name == name }) else {
            throw APIError(.notFound, "the record of \(attempt) has no file '\(name.prefix(80))'")
        }
        let size = min(file.size, try asked.query.number("limit", in: 1...(1 << 40)) ?? file.size)
        let backend = backend
        let body = ResponseBody(contentLength: size) { writer in
            var offset = 0
            while offset < size {
                let bytes = try await backend.record(
                    attempt, name, from: offset, limit: min(Self.piece, size - offset))
                guard !bytes.isEmpty else { throw APIError(.internalServerError, "the file is cut short") }
                try await writer.write(ByteBuffer(bytes: bytes))
                offset += bytes.count
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/plain; charset=utf-8",
                .contentDisposition: "attachment; filename=\"\(attempt.trial)-\(attempt.number)-\(name)\"",
            ], body: body)
    }

    func histograms(_ asked: APIRequest) async throws -> Response {
        let attempt = try await attempt(asked, asked.trial(of: try await sweepID(asked)))
        let set = HistogramSet(
            most: try asked.query.number("most", in: 1...60, default: 12),
            find: try asked.query.text("find", limit: 1000))
        let found = try await read(RecordFileName.details, of: attempt, upTo: HistogramSet.longestFile, into: set)
        return Answers.ok(try await blocking { JSONBytes.object { found.write(into: &$0) } })
    }

    /// What the machine had to do, thinned as the metrics are.
    func systemMetrics(_ asked: APIRequest) async throws -> Response {
        let attempt = try await attempt(asked, asked.trial(of: try await sweepID(asked)))
        let width = try asked.query.number("width", in: 10...4000, default: 600)
        let found = try await read(RecordFileName.system, of: attempt, upTo: SystemSet.longestFile, into: SystemSet())
        return Answers.ok(
            try await blocking {
                JSONBytes.object { json in
                    json.member("attempt", attempt.number)
                    found.series.write(width: width, into: &json)
                }
            })
    }

    private func read<Lines: LineReading>(
        _ file: String, of attempt: AttemptID, upTo longest: Int, into lines: Lines
    ) async throws -> Lines {
        var (lines, rest, offset) = (lines, [UInt8](), 0)
        while offset < longest {
            let bytes = try await backend.record(attempt, file, from: offset, limit: 4 * Self.piece)
            guard !bytes.isEmpty else { break }
            offset += bytes.count
            let piece = rest + bytes
            (lines, rest) = try await blocking { [lines] in
                var lines = lines
                let rest = lines.take(piece)
                return (lines, rest)
            }
        }
        return lines
    }
}
