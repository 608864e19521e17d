import Foundation
import NIOCore
import NIOPosix
import SweepModel
import SweepWire
import Synchronization
import Testing

@testable import SweepController

@Suite struct MetricsTests {
    /// One HTTP request over a plain connection, and everything that came back.
    private func get(_ controller: TestController, _ request: String) async throws -> String {
        let bytes = Mutex<[UInt8]>([])
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: controller.file.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            for try await buffer in inbound { bytes.withLock { $0 += Array(buffer.readableBytesView) } }
        }
        return String(decoding: bytes.withLock { $0 }, as: UTF8.self)
    }

    @Test func `metrics tell what there is`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            _ = try await TestSweep.create(client, TestSweep.grid(2))
            let agent = try await FakeAgent(controller)
            try await agent.say(.ready(slot: 0))
            _ = try await agent.assignment()
            let answer = try await get(controller, "GET /metrics HTTP/1.1\r\nHost: localhost:7733\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            for line in [
                "sweep_build_info{version=\"\(SweepBuild.version)\"} 1", "sweep_sweeps{state=\"running\"} 1",
                "sweep_trials{state=\"assigned\"} 1", "sweep_trials{state=\"completed\"} 0",
                "sweep_agents{state=\"connected\"} 1", "sweep_slots{state=\"busy\"} 1", "sweep_problem 0",
                "# TYPE sweep_engine_latency_seconds gauge", "# TYPE sweep_event_loop_latency_seconds gauge",
                "# TYPE sweep_queue_entries gauge",
            ] { #expect(answer.split(separator: "\n").contains { $0 == line }, "\(line)") }
            #expect(answer.contains("sweep_database_bytes{file=\"database\"} "))
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"),
        ("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", "401"), ("GET /metrics HTTP/1.1\r\n\r\n", "401"),
        ("GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n\r\n", "401"),
        ("HEAD /metrics HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", "200"),
    ])
    func `other requests are answered by their code`(request: String, code: String) async throws {
        try await withController { controller in
            let answer = try await get(controller, request)
            #expect(answer.hasPrefix("HTTP/1.1 \(code) "), "\(answer)")
        }
    }

    @Test func `a token opens metrics under any name, an agent's does not`() async throws {
        try await withController { controller in
            for (token, code) in [(controller.token, "200"), (controller.agentToken, "401")] {
                let answer = try await get(
                    controller, "GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 \(code) "), "\(answer)")
            }
        }
    }

    @Test func `a request that never ends, and one that is no HTTP, end`() async throws {
        let configure: (inout ControllerConfiguration) -> Void = { $0.helloTimeout = 0.3 }
        try await withController(configure: configure) { controller in
            #expect(try await get(controller, "GET /metrics HTTP/1.1\r\nHost: local").isEmpty)
            _ = try await get(controller, "GARBAGE\u{0}\r\n\r\n")
            _ = try await controller.client()
        }
    }
}
