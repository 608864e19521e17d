import Foundation
import SweepModel
import SweepWire
import Testing

@testable import SweepController

@Suite struct ControllerHomeTests {
    @Test func `a controller says where it listens, and takes that back at its end`() async throws {
        let controller = try await TestController()
        defer { controller.remove() }
        let file = try #require(ControllerFile.read(controller.home))
        #expect(file == controller.file)
        #expect(file.port > 0)
        #expect(file.pid == Int(getpid()))
        for path in [
            controller.home.controllerFile, controller.home.tokenFile, controller.home.agentTokenFile,
            controller.home.certificateKeyFile,
        ] {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(path)")
        }
        #expect(controller.token.count == 64)
        try await controller.stop()
        #expect(ControllerFile.read(controller.home) == nil)
    }

    @Test func `a second controller of a home is refused with the pid of the first`() async throws {
        try await withController { first in
            let error = await #expect(throws: SweepError.self) { try await TestController(home: first.home) }
            #expect(error?.category == .conflict)
            #expect(error?.message.contains("(pid \(getpid()))") == true)
            let client = try await first.client()
            #expect(try await client.ask(.status, ControllerStatus.self).first?.pid == Int(getpid()))
        }
    }

    @Test func `a port that is taken is named, with how to choose another`() async throws {
        try await withController { first in
            let error = await #expect(throws: SweepError.self) {
                try await TestController { $0.port = first.file.port }
            }
            #expect(
                error?.message.contains("port \(first.file.port) of 127.0.0.1 is in use") == true,
                "\(String(describing: error))")
            #expect(error?.remedy?.contains("--port") == true)
        }
    }

    @Test func `several homes on one machine work where no port is asked for`() async throws {
        let first = try await TestController { $0.port = nil }
        let second = try await TestController { $0.port = nil }
        #expect(first.file.port != second.file.port)
        let client = try await second.client()
        #expect(try await client.ask(.status, ControllerStatus.self).first?.home == second.home.path)
        for controller in [first, second] {
            try await controller.stop()
            controller.remove()
        }
    }

    @Test func `a client can end the controller`() async throws {
        let controller = try await TestController()
        defer { controller.remove() }
        let client = try await controller.client()
        try await client.ask(.shutdown)
        try await eventually("the connection is closed") { client.isClosed }
        try await controller.stop()
    }

    @Test func `a token stays the same over a restart`() async throws {
        let first = try await TestController()
        defer { first.remove() }
        try await first.stop()
        let second = try await TestController(home: first.home)
        #expect(second.token == first.token)
        try await second.stop()
    }
}
