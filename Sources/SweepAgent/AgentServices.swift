import ServiceLifecycle
import SweepModel
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

/// Every two seconds the machine is asked what running trials use of it.
package struct SystemService: Service {
    private let agent: Agent

    package init(agent: Agent) { self.agent = agent }

    package func run() async throws {
        let sampler = agent.sampler
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await samples in sampler.samples { await agent.sampled(samples) }
                }
                while !Task.isCancelled {
                    sampler.look(time: agent.clock().wall)
                    try? await Task.sleep(for: .seconds(SystemSampler.interval))
                }
                sampler.finish()
            }
        }
    }
}

/// Brings signals to the agent: Ctrl-C in its three steps; SIGUSR1, which leaves trials alone; SIGTERM and SIGUSR2 (what
/// Slurm and others send before they take a machine away), and SIGHUP unless it is ignored (nohup).
package struct SignalService: Service {
    private let agent: Agent
    private let signals: [UnixSignal]

    package init(agent: Agent, ignoresHangUp: Bool) {
        self.agent = agent
        signals = [.sigint, .sigterm, .sigusr1, .sigusr2] + (ignoresHangUp ? [] : [.sighup])
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            for await signal in await UnixSignalsSequence(trapping: signals) {
                switch signal {
                case .sigint: await agent.interrupted()
                case .sighup: await agent.terminated("SIGHUP")
                case .sigusr1: await agent.detached()
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
