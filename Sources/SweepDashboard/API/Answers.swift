import HTTPTypes
import Hummingbird
import NIOCore

/// How answers look: types, caching, and the headers that every one has.
enum Answers {
    static let json = "application/json; charset=utf-8"
    static let csv = "text/csv; charset=utf-8"

    /// Nothing but our own files, no frames, nothing inline, no other host.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    static func ok(_ bytes: [UInt8], type: String = json) -> Response {
        Response(
            status: .ok, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// With an ETag: a client that has this version gets `304` and no body; `body` is not even made then.
    static func tagged(
        _ request: Request, _ tag: String, type: String = json, _ body: () throws -> [UInt8]
    ) rethrows -> Response {
        let quoted = "\"\(tag)\""
        if matches(request.headers[.ifNoneMatch], quoted) {
            return Response(status: .notModified, headers: [.eTag: quoted])
        }
        var response = ok(try body(), type: type)
        response.headers[.eTag] = quoted
        return response
    }

    static func matches(_ header: String?, _ quoted: String) -> Bool {
        guard let header else { return false }
        return header == "*"
            || header.split(separator: ",").contains { part in
                part.drop { $0 == " " }.replacing("W/", with: "").trimmingSuffix(" ") == quoted
            }
    }

    static func error(_ error: APIError) -> Response {
        Response(
            status: error.status, headers: [.contentType: json],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: error.bytes)))
    }

    static func addHeaders(to response: inout Response, isSecure: Bool) {
        response.headers[.contentSecurityPolicy] = policy
        response.headers[.xContentTypeOptions] = "nosniff"
        if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "no-referrer" }
        if let name = HTTPField.Name("X-Frame-Options") { response.headers[name] = "DENY" }
        if let name = HTTPField.Name("Cross-Origin-Resource-Policy") { response.headers[name] = "same-origin" }
        if let name = HTTPField.Name("Cross-Origin-Opener-Policy") { response.headers[name] = "same-origin" }
        if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "private, no-cache" }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ character: Character) -> Substring {
        var text = self
        while text.last == character { text.removeLast() }
        return text
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> Substring { self[...].trimmingSuffix(character) }
}
