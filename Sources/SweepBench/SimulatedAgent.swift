import NIOCore
import SweepModel
import SweepWire
import Synchronization

/// Counts trials whose end the controller has acknowledged, until there are enough.
final class TrialCounter: Sendable {
    private let left: Mutex<Int>
    private let promise: EventLoopPromise<Void>

    init(target: Int, loop: any EventLoop) {
        left = Mutex(target)
        promise = loop.makePromise()
    }

    var finished: EventLoopFuture<Void> { promise.futureResult }

    func trialEnded() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { promise.succeed() }
    }

    func fail(_ reason: String) { promise.fail(BenchError(reason)) }

    func giveUp() { fail("\(left.withLock { $0 }) trials were not acknowledged in time") }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Speaks as an agent does, and ends each trial as soon as it has it: started, one report, ended, and the slot is ready
/// again, in one write.
final class SimulatedAgent: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let number: Int
    private let slots: Int
    private let token: String?
    private let counter: TrialCounter
    /// The newest attempt of each slot: an assignment may be repeated until it has started.
    private var newest: [Int: AttemptID] = [:]
    private var heartbeat: RepeatedTask?

    init(number: Int, slots: Int, token: String?, counter: TrialCounter) {
        self.number = number
        self.slots = slots
        self.token = token
        self.counter = counter
    }

    func channelActive(context: ChannelHandlerContext) {
        let agent = AgentDescription(
            id: AgentID("bench\(number)"), incarnation: "1", name: "bench\(number)", host: "bench", pid: 1,
            slots: (0..<slots).map { SlotInfo(index: $0) })
        let hello = Hello(role: .agent, token: token, build: SweepBuild.version, agent: agent)
        send([.hello(hello)], context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let line = Array(unwrapInboundIn(data).readableBytesView)
        do {
            switch try ControllerLine.decode(line) {
            case .welcome(let welcome): welcomed(welcome, context: context)
            case .refused(let reason): counter.fail("agent \(number) was refused: \(reason)")
            case .agent(.assign(let assignment)): run(assignment, context: context)
            case .agent(.acknowledge(_, let sequence)): if sequence == Self.lastSequence { counter.trialEnded() }
            case .agent(.error(let error)): counter.fail("\(error)")
            case .agent, .client: break
            }
        } catch {
            counter.fail("\(error)")
        }
    }

    func channelInactive(context: ChannelHandlerContext) { heartbeat?.cancel() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        counter.fail("agent \(number): \(error)")
        context.close(promise: nil)
    }

    private func welcomed(_ welcome: Welcome, context: ChannelHandlerContext) {
        send((0..<slots).map { .agent(.ready(slot: $0)) }, context: context)
        let every = TimeAmount.milliseconds(Int64((welcome.heartbeat * 1000).rounded()))
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        heartbeat = context.eventLoop.scheduleRepeatedTask(initialDelay: every, delay: every) { _ in
            let (agent, context) = bound.value
            agent.send([.agent(.heartbeat([]))], context: context)
        }
    }

    private func run(_ assignment: Assignment, context: ChannelHandlerContext) {
        let attempt = assignment.attempt
        guard newest[assignment.slot] != attempt else { return }
        newest[assignment.slot] = attempt
        let time = Timestamp(milliseconds: 1_700_000_000_000)
        let report = Report(step: 1, time: time, metrics: ["loss": Double(attempt.trial.number % 997) / 997])
        send(
            [
                .agent(
                    .started(Started(attempt: attempt, sequence: 1, argv: ["true"], directory: "/", pid: 1, time: time))
                ),
                .agent(.report(Reports(attempt: attempt, sequence: 2, reports: [report]))),
                .agent(
                    .ended(
                        Ended(
                            attempt: attempt, sequence: Self.lastSequence,
                            end: AttemptEnd(exitCode: 0, started: time, ended: time)))),
                .agent(.ready(slot: assignment.slot)),
            ], context: context)
    }

    private static let lastSequence = 3

    private func send(_ lines: [PeerLine], context: ChannelHandlerContext) {
        do {
            let bytes = try lines.flatMap { try $0.line() }
            context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
        } catch {
            counter.fail("\(error)")
        }
    }
}
