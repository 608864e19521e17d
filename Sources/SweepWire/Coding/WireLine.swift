package import SweepModel

/// A line that cannot be understood. It never ends the connection: the answer is an `error`.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Everything that goes over the wire is one JSON object a line, whose member `kind` says what it is. Unknown members are
/// ignored; an unknown kind is a `WireError`.
package protocol WireLine: Sendable {
    init(kind: String, value: ParameterValue) throws
    func encoded() throws -> (kind: String, value: ParameterValue)
}

extension WireLine {
    /// Reads one line (without its line feed).
    package static func decode(_ line: [UInt8]) throws(WireError) -> Self {
        do {
            let value = try JSONParser.parse(line)
            guard let kind = value["kind"]?.string else { throw WireError("a line needs a member 'kind'") }
            return try Self(kind: kind, value: value)
        } catch let error as WireError {
            throw error
        } catch let error as JSONError {
            throw WireError("not JSON: \(error)")
        } catch DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context),
            DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context)
        {
            throw WireError(context.debugDescription)
        } catch {
            throw WireError("\(error)")
        }
    }

    /// One line, with its line feed.
    package func line() throws(WireError) -> [UInt8] {
        do {
            let (kind, value) = try encoded()
            var members = [ParameterValue.Member("kind", .string(kind))]
            members.append(contentsOf: value.members ?? [])
            var bytes = ParameterValue.object(members).jsonBytes()
            bytes.append(UInt8(ascii: "\n"))
            return bytes
        } catch {
            throw WireError("cannot be encoded: \(error)")
        }
    }
}

/// The shapes that several kinds share.
struct SlotBody: Codable { var slot: Int }
struct ReasonBody: Codable { var reason: String }
struct NoBody: Codable {}

extension ParameterValue {
    /// The Codable body of a kind.
    func body<T: Decodable>(_ type: T.Type = T.self) throws -> T { try JSONCoding.decode(type, from: self) }
}

func tagged(_ kind: String, _ body: some Encodable) throws -> (kind: String, value: ParameterValue) {
    (kind, try JSONCoding.value(of: body))
}
