package import SweepModel

/// What the controller reads: the first line of a peer, and what agents and clients say after it.
package enum PeerLine: WireLine, Hashable {
    case hello(Hello)
    case agent(AgentMessage)
    case client(id: Int, ClientRequest)

    package init(kind: String, value: ParameterValue) throws {
        switch kind {
        case "hello": self = .hello(try value.body())
        case "ready": self = .agent(.ready(slot: try value.body(SlotBody.self).slot))
        case "started": self = .agent(.started(try value.body()))
        case "report": self = .agent(.report(try value.body()))
        case "log": self = .agent(.log(try value.body()))
        case "ended": self = .agent(.ended(try value.body()))
        case "artifact-offer": self = .agent(.artifact(try value.body()))
        case "blob": self = .agent(.blob(try value.body()))
        case "artifact-inputs": self = .agent(.inputs(try value.body()))
        case "blob-read": self = .agent(.read(try value.body()))
        case "heartbeat":
            let body = try value.body(HeartbeatBody.self)
            self = .agent(.heartbeat(body.attempts, heat: body.heat ?? []))
        case "slot":
            let body = try value.body(SlotProblemBody.self)
            self = .agent(.slot(body.slot, problem: body.problem))
        case "leave": self = .agent(.leave(reason: try value.body(ReasonBody.self).reason))
        default: self = try .client(id: value.body(IDBody.self).id, ClientRequest(kind: kind, value: value))
        }
    }

    package func encoded() throws -> (kind: String, value: ParameterValue) {
        switch self {
        case .hello(let hello): return try tagged("hello", hello)
        case .agent(.ready(let slot)): return try tagged("ready", SlotBody(slot: slot))
        case .agent(.started(let body)): return try tagged("started", body)
        case .agent(.report(let body)): return try tagged("report", body)
        case .agent(.log(let body)): return try tagged("log", body)
        case .agent(.ended(let body)): return try tagged("ended", body)
        case .agent(.artifact(let offer)): return try tagged("artifact-offer", offer)
        case .agent(.blob(let chunk)): return try tagged("blob", chunk)
        case .agent(.inputs(let request)): return try tagged("artifact-inputs", request)
        case .agent(.read(let cursor)): return try tagged("blob-read", cursor)
        case .agent(.heartbeat(let attempts, let heat)):
            return try tagged("heartbeat", HeartbeatBody(attempts: attempts, heat: heat.isEmpty ? nil : heat))
        case .agent(.slot(let slot, let problem)):
            return try tagged("slot", SlotProblemBody(slot: slot, problem: problem))
        case .agent(.leave(let reason)): return try tagged("leave", ReasonBody(reason: reason))
        case .client(let id, let request):
            let (kind, value) = try request.encoded()
            return (kind, .object([.init("id", .int(id))] + (value.members ?? [])))
        }
    }
}

struct SlotProblemBody: Codable {
    var slot: Int
    var problem: String?
}

struct HeartbeatBody: Codable {
    var attempts: [AttemptID]
    var heat: [SlotHeat]?
}

struct IDBody: Codable { var id: Int }

/// What agents and clients read.
package enum ControllerLine: WireLine, Hashable {
    case welcome(Welcome)
    /// The connection is refused; the controller closes it after this line.
    case refused(reason: String)
    case agent(ControllerMessage)
    case client(ClientReply)

    package init(kind: String, value: ParameterValue) throws {
        switch kind {
        case "welcome": self = .welcome(try value.body())
        case "refused": self = .refused(reason: try value.body(ReasonBody.self).reason)
        case "assign": self = .agent(.assign(try value.body()))
        case "ack":
            let body = try value.body(AcknowledgeBody.self)
            self = .agent(.acknowledge(body.attempt, sequence: body.sequence))
        case "logged":
            let body = try value.body(LoggedBody.self)
            self = .agent(.logged(body.attempt, offset: body.offset, file: body.file))
        case "artifact-progress": self = .agent(.artifact(try value.body()))
        case "blob-kept": self = .agent(.blob(try value.body()))
        case "artifact-inputs": self = .agent(.inputs(try value.body()))
        case "blob-content": self = .agent(.content(try value.body()))
        case "stop":
            let body = try value.body(StopBody.self)
            self = .agent(.stop(body.attempt, body.reason, detail: body.detail))
        case "heartbeat": self = .agent(.heartbeat)
        case "dismiss":
            // A kind that only a newer controller knows is an error all the same.
            let error = value["error"]?.string.map { SweepError.Category(rawValue: $0) ?? .failed }
            self = .agent(.dismiss(reason: try value.body(ReasonBody.self).reason, error: error))
        case "notice": self = .agent(.notice(try value.body(NoticeBody.self).text))
        case "release": self = .agent(.release(slot: try value.body(SlotBody.self).slot))
        case "error": self = .agent(.error(try value.body(ErrorBody.self).error))
        case "item":
            let body = try value.body(ItemBody.self)
            self = .client(.item(request: body.id, body.item))
        case "done": self = .client(.done(request: try value.body(IDBody.self).id))
        case "failed":
            let body = try value.body(FailedBody.self)
            self = .client(.failed(request: body.id, body.error))
        default: throw WireError("unknown kind '\(kind.prefix(80))'")
        }
    }

    package func encoded() throws -> (kind: String, value: ParameterValue) {
        switch self {
        case .welcome(let welcome): return try tagged("welcome", welcome)
        case .refused(let reason): return try tagged("refused", ReasonBody(reason: reason))
        case .agent(.assign(let assignment)): return try tagged("assign", assignment)
        case .agent(.acknowledge(let attempt, let sequence)):
            return try tagged("ack", AcknowledgeBody(attempt: attempt, sequence: sequence))
        case .agent(.logged(let attempt, let offset, let file)):
            return try tagged("logged", LoggedBody(attempt: attempt, offset: offset, file: file))
        case .agent(.artifact(let progress)): return try tagged("artifact-progress", progress)
        case .agent(.blob(let kept)): return try tagged("blob-kept", kept)
        case .agent(.inputs(let answer)): return try tagged("artifact-inputs", answer)
        case .agent(.content(let content)): return try tagged("blob-content", content)
        case .agent(.stop(let attempt, let reason, let detail)):
            return try tagged("stop", StopBody(attempt: attempt, reason: reason, detail: detail))
        case .agent(.heartbeat): return try tagged("heartbeat", NoBody())
        case .agent(.dismiss(let reason, let error)):
            return try tagged("dismiss", DismissBody(reason: reason, error: error))
        case .agent(.notice(let text)): return try tagged("notice", NoticeBody(text: text))
        case .agent(.release(let slot)): return try tagged("release", SlotBody(slot: slot))
        case .agent(.error(let error)): return try tagged("error", ErrorBody(error: error))
        case .client(.item(let id, let item)): return try tagged("item", ItemBody(id: id, item: item))
        case .client(.done(let id)): return try tagged("done", IDBody(id: id))
        case .client(.failed(let id, let error)): return try tagged("failed", FailedBody(id: id, error: error))
        }
    }
}

private struct AcknowledgeBody: Codable {
    var attempt: AttemptID
    var sequence: Int
}

private struct LoggedBody: Codable {
    var attempt: AttemptID
    var offset: Int
    var file: String?
}

private struct StopBody: Codable {
    var attempt: AttemptID
    var reason: StopReason
    var detail: String?
}

private struct DismissBody: Codable {
    var reason: String
    var error: SweepError.Category?
}

private struct NoticeBody: Codable { var text: String }
private struct ErrorBody: Codable { var error: SweepError }

private struct ItemBody: Codable {
    var id: Int
    var item: ParameterValue
}

private struct FailedBody: Codable {
    var id: Int
    var error: SweepError
}
