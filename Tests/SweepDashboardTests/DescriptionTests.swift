import HTTPTypes
import Hummingbird
import SweepModel
import Testing

@testable import SweepDashboard

/// The description's request bodies, held against the routes that take them.
@Suite struct DescriptionTests {
    struct Body: Sendable {
        var path: String
        var required: Set<String>
        var properties: [(name: String, schema: ParameterValue)]
    }

    private static func bodies() throws -> [Body] {
        let paths = try #require(try JSONParser.parse(PageFiles.description)["paths"]?.members)
        return paths.compactMap { path in
            let schema = path.value["post"]?["requestBody"]?["content"]?["application/json"]?["schema"]
            guard let schema, let properties = schema["properties"]?.members else { return nil }
            var required: Set<String> = []
            if case .list(let names)? = schema["required"] { required = Set(names.compactMap(\.string)) }
            return Body(
                path: path.key.replacing("{sweep}", with: "bcdfghjk").replacing("{trial}", with: "1"),
                required: required, properties: properties.map { ($0.key, $0.value) })
        }
    }

    /// A value as the schema wants it, and one of another type.
    private static func values(_ name: String, _ schema: ParameterValue) -> (good: ParameterValue, bad: ParameterValue)
    {
        switch schema["type"]?.string {
        case "integer": (1, "one")
        case "boolean": (true, "yes")
        case "array": (.list(["x"]), 3)
        default: (.string(name == "token" ? TestDesk.token : "x"), 3)
        }
    }

    @Test func `a route takes every member that is described, of the type that is described, and no other`()
        async throws
    {
        let bodies = try Self.bodies()
        #expect(bodies.map(\.path).contains { $0.hasSuffix("/edit") })
        #expect(bodies.count >= 4)
        for body in bodies {
            let desk = try TestDesk(trials: 1)
            func status(_ members: [ParameterValue.Member]) async throws -> Int {
                try await desk.ask(body.path, .post, body: ParameterValue.object(members).json()).status
            }
            let all = body.properties.map { ParameterValue.Member($0.name, Self.values($0.name, $0.schema).good) }
            #expect([200, 204].contains(try await status(all)), "\(body.path) with all of it")
            for (name, schema) in body.properties {
                let bad = all.map { $0.key == name ? .init(name, Self.values(name, schema).bad) : $0 }
                #expect([400, 401].contains(try await status(bad)), "\(body.path): \(name) of another type")
                let without = try await status(all.filter { $0.key != name })
                #expect(([200, 204].contains(without)) != body.required.contains(name), "\(body.path) without \(name)")
            }
        }
    }

    @Test func `the description of an edit has each member that an edit has`() throws {
        let edit = try #require(try Self.bodies().first { $0.path.hasSuffix("/edit") })
        var request = EditRequest(key: "k")
        (request.because, request.yaml, request.runCap, request.budget) = ("b", "y", "1", "2")
        (request.parallel, request.priority, request.stop, request.isTrial) = ("3", 4, "none", true)
        (request.add, request.drop, request.range) = (["a"], ["d"], ["r"])
        (request.tries, request.exclude, request.include) = (["t"], ["e"], ["i"])
        let members = try #require(try JSONCoding.value(of: request).members).map(\.key)
        #expect(Set(members) == Set(edit.properties.map(\.name)))
    }
}
