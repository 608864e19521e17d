import Foundation
import Hummingbird
import SweepModel

/// The pages' own files: HTML, CSS and JavaScript modules, inside the program.
struct Pages: Sendable {
    private struct File: Sendable {
        var bytes: [UInt8]
        var tag: String
    }

    private let files: [String: File]
    /// Where whoever changes the pages has them; read anew for each request.
    private let folder: String?

    init(folder: String?) {
        #if DEBUG
            self.folder = folder
        #else
            self.folder = nil
        #endif
        files = PageFiles.all.mapValues { File(bytes: $0, tag: API.hash(String(decoding: $0, as: UTF8.self))) }
    }

    /// All files together, in bytes.
    static var size: Int { PageFiles.all.values.reduce(0) { $0 + $1.count } }

    /// `/static/NAME`, or the one page for every other address: its script reads the address.
    func respond(to request: Request, _ parts: [Substring], _ access: Access) throws -> Response {
        if parts.first == "static", parts.count == 2 { return try file(String(parts[1]), request) }
        if parts == ["favicon.ico"] { return try file("icon.svg", request) }
        guard Self.isPage(parts) else { throw APIError(.notFound, "no such address: \(request.uri.path.prefix(200))") }
        var response = try file("index.html", request)
        // A shared link: the key moves from the address into a cookie that lasts as long as the browser.
        if let key = request.uri.queryParameters["key"], case .link = access.grant(request) {
            response.headers[.setCookie] = "\(Access.linkCookie)=\(key); Path=/; HttpOnly; SameSite=Lax"
        }
        return response
    }

    private static func isPage(_ parts: [Substring]) -> Bool {
        switch parts.count {
        case 0: true
        case 1: ["agents", "compare"].contains(parts[0])
        case 2: parts[0] == "sweeps"
        case 3: parts[0] == "sweeps" && parts[2] == "compare"
        case 4: parts[0] == "sweeps" && parts[2] == "trials"
        default: false
        }
    }

    func file(_ name: String, _ request: Request) throws -> Response {
        guard let file = read(name) else { throw APIError(.notFound, "no file '\(name.prefix(80))'") }
        return Answers.tagged(request, file.tag, type: Self.type(of: name)) { file.bytes }
    }

    private func read(_ name: String) -> File? {
        guard let known = files[name] else { return nil }
        guard let folder, let path = Self.path(of: name, in: folder),
            let data = FileManager.default.contents(atPath: path)
        else { return known }
        return File(bytes: Array(data), tag: API.hash(String(decoding: data, as: UTF8.self)))
    }

    private static func path(of name: String, in folder: String) -> String? {
        for place in [folder, folder + "/charts", folder + "/views"] {
            let path = place + "/" + name
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        return nil
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: Answers.json
        }
    }
}
