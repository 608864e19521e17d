import ArgumentParser
import Logging
import SweepController
import SweepModel
import SweepWire

/// `sweep controller` without more: the controller itself, until a signal ends it.
struct ControllerRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the controller in the foreground (the default).", shouldDisplay: false)

    @OptionGroup var listening: ListeningOptions
    @OptionGroup var timing: TimingOptions

    func run() async throws {
        let session = Session.current
        let level = Logger.Level(rawValue: try LogLevel.choose(listening.logLevel, session).rawValue) ?? .notice
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        var configuration = ControllerConfiguration(home: session.home)
        configuration.port = listening.port
        if let host = listening.host { configuration.host = host }
        configuration.isInsecure = listening.insecure
        timing.apply(to: &configuration)
        configuration.dashboardPort = listening.dashboardPort
        configuration.hasDashboard = !listening.noDashboard
        if let gib = listening.maxArtifact { configuration.maximumArtifact = gib << 30 }
        if listening.notifyCommands { configuration.allowsAlertCommands = true }
        configuration.alertAuthorities = listening.notifyCa
        configuration.pagesFolder = session.environment["SWEEP_DASHBOARD_PAGES"]
        try await Controller(configuration).run()
    }
}
