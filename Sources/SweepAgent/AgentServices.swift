import ServiceLifecycle
import UnixSignals

/// Ten times a second the agent reads what its trials print and looks at its deadlines. The end of a trial does not wait
/// for that (`ExitWatcher`).
package struct Ticker: Service {
    private let agent: Agent
    private let interval: Duration

    package init(agent: Agent, interval: Duration = .milliseconds(100)) {
        self.agent = agent
        self.interval = interval
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await agent.tick()
                try? await Task.sleep(for: interval)
            }
        }
    }
}

/// Brings the ends of shims to the agent.
package struct ExitService: Service {
    private let agent: Agent
    private let watcher: ExitWatcher

    package init(agent: Agent, watcher: ExitWatcher) {
        self.agent = agent
        self.watcher = watcher
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            for await attempt in watcher.exits { await agent.exited(attempt) }
        }
        watcher.close()
    }
}

/// Brings signals to the agent: Ctrl-C in its three steps; SIGTERM and SIGUSR2 (what Slurm and others send before they take
/// a machine away), and SIGHUP unless it is ignored (nohup).
package struct SignalService: Service {
    private let agent: Agent
    private let signals: [UnixSignal]

    package init(agent: Agent, ignoresHangUp: Bool) {
        self.agent = agent
        signals = ignoresHangUp ? [.sigint, .sigterm, .sigusr2] : [.sigint, .sigterm, .sigusr2, .sighup]
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            for await signal in await UnixSignalsSequence(trapping: signals) {
                switch signal {
                case .sigint: await agent.interrupted()
                case .sighup: await agent.terminated("SIGHUP")
                case .sigusr2: await agent.terminated("SIGUSR2")
                default: await agent.terminated("SIGTERM")
                }
            }
        }
    }
}

/// Returns when the agent is done, which ends all other services.
package struct AgentLifetime: Service {
    private let agent: Agent

    package init(agent: Agent) { self.agent = agent }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            _ = await agent.whenFinished()
            await agent.closeLink()
        }
    }
}
