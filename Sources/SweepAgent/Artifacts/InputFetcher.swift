import NIOPosix
import ServiceLifecycle
import SweepModel
import SweepWire

/// What is to be done for the inputs of trials.
enum InputJob: Sendable {
    case fetch(InputFetch)
    /// A piece has come.
    case content(BlobContent)
    /// There is a new connection, or nobody has answered for long: what was asked for is asked for again.
    case rewind
    /// The attempt needs them no more.
    case release(AttemptID, folder: String)
    /// Of all attempts' folders in this one only these are still needed.
    case tidy(String, keeping: Set<String>)
}

/// The artifacts that one attempt is to be given.
struct InputFetch: Sendable {
    struct Input: Sendable {
        /// What its folder is called.
        var name: String
        var version: InputVersion
    }

    var attempt: AttemptID
    /// The folder in which each has its own.
    var folder: String
    var inputs: [Input]
    /// The trial runs as another account and cannot change what is not its own: links will do.
    var mayLink: Bool
}

/// What comes of it.
enum InputStep: Sendable, Equatable {
    case ask([BlobCursor])
    /// All is in its place; so many bytes had to be fetched.
    case ready(AttemptID, fetched: Int)
    case failed(AttemptID, SweepError)
}

/// Fetches what trials are given, beside everything else, one job after the other.
package struct InputFetcher: Service {
    private let agent: Agent

    package init(agent: Agent) { self.agent = agent }

    package func run() async throws {
        let (jobs, desk) = (agent.inputJobs, agent.inputDesk)
        await cancelWhenGracefulShutdown {
            for await job in jobs {
                let steps = try? await NIOThreadPool.singleton.runIfActive { desk.handle(job) }
                for step in steps ?? [] { await agent.take(step) }
            }
        }
    }
}
