import HTTPTypes
import Hummingbird
import NIOCore
import SweepModel
import SweepWire

/// Artifacts for the pages: lists, one version with its files, and the files themselves.
extension API {
    /// Bytes of a file that are read at once.
    private static let piece = 1 << 18

    /// Every version, newest first; of one name with `?name=`.
    func artifacts(_ asked: APIRequest) async throws -> Response {
        let name = try asked.query.text("name", limit: 128)
        let rows = try await backend.artifacts(of: nil, name: name)
        return Answers.ok(JSONBytes.object { json in Self.write(rows, into: &json) })
    }

    /// What a sweep's trials made, and what they were given.
    func sweepArtifacts(_ asked: APIRequest) async throws -> Response {
        let sweep = try await sweepID(asked)
        let rows = try await backend.artifacts(of: sweep, name: nil)
        return Answers.ok(JSONBytes.object { json in Self.write(rows, into: &json) })
    }

    private static func write(_ rows: [ArtifactRow], into json: inout JSONBytes) {
        json.array("artifacts") { json in
            for row in rows { json.object { write(row, into: &$0) } }
        }
    }

    private static func write(_ row: ArtifactRow, into json: inout JSONBytes) {
        json.member("reference", row.reference)
        json.member("name", row.name)
        json.member("version", row.version)
        json.members("aliases", row.aliases)
        json.member("type", row.type)
        json.member("sweep", row.sweep?.text)
        json.member("trial", row.trial?.number)
        json.member("attempt", row.attempt)
        json.member("size", row.size)
        json.member("fileCount", row.files)
        json.member("created", Int(row.created.milliseconds))
        json.member("objective", row.objective)
        json.member("metadata", row.metadata ?? .null)
        json.array("usedBy") { json in
            for use in row.uses {
                json.object { json in
                    json.member("sweep", use.sweep.text)
                    json.member("trial", use.trial.number)
                    json.member("attempt", use.number)
                }
            }
        }
    }

    /// One version (`v3`, `latest`, `best`, an alias) of a sweep's artifact, with its files.
    func artifact(_ asked: APIRequest) async throws -> Response {
        let (row, files) = try await found(asked)
        return Answers.ok(
            JSONBytes.object { json in
                json.object("artifact") { Self.write(row, into: &$0) }
                json.array("files") { json in
                    for file in files {
                        json.object { json in
                            json.member("path", file.path)
                            json.member("size", file.size)
                            json.member("sha256", file.digest)
                        }
                    }
                }
            })
    }

    private func found(_ asked: APIRequest) async throws -> (ArtifactRow, [ArtifactFile]) {
        let name = try asked.parameter("name")
        let version = try asked.parameter("version")
        let sweep = asked.parameters["sweep"] == nil ? nil : try await sweepID(asked)
        return try await backend.artifact((sweep.map { "\($0.text)/" } ?? "") + "\(name):\(version)")
    }

    /// The content of one file (`?path=`), always as something to save: what a trial wrote never runs in a page.
    func artifactFile(_ asked: APIRequest) async throws -> Response {
        let (row, files) = try await found(asked)
        guard let path = try asked.query.text("path", limit: 1024) else {
            throw APIError(.badRequest, "'path' is missing")
        }
        guard let file = files.first(where: { $0.path == path }) else {
            throw APIError(.notFound, "\(row.reference) has no file '\(path.prefix(200))'")
        }
        let backend = backend
        let body = ResponseBody(contentLength: file.size) { writer in
            var offset = 0
            while offset < file.size {
                let bytes = try await backend.content(
                    file.digest, from: offset, limit: min(Self.piece, file.size - offset))
                guard !bytes.isEmpty else { throw APIError(.internalServerError, "the file is cut short") }
                try await writer.write(ByteBuffer(bytes: bytes))
                offset += bytes.count
            }
            try await writer.finish(nil)
        }
        let name = path.split(separator: "/").last.map(String.init) ?? "file"
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/octet-stream",
                .contentDisposition: "attachment; filename*=UTF-8''\(Self.percentEncoded(name))",
                .eTag: "\"\(file.digest)\"",
            ], body: body)
    }

    /// RFC 5987: letters, digits and few more as they are.
    private static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                [byte]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
