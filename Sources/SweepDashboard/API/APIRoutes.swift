import Hummingbird

/// Every address of version 1. Members of answers and parameters are only ever added.
enum APIRoutes {
    static let version = "/api/v1"

    static let all: [Route] = [
        Route(.get, version, .nothing) { api, request in
            Answers.tagged(request.request, PageFiles.descriptionTag) { PageFiles.description }
        },
        Route(.post, "\(version)/session", .nothing) { try await $0.signIn($1) },
        Route(.delete, "\(version)/session", .nothing) { api, _ in api.signOut() },
        Route(.get, "\(version)/status", .everything) { api, _ in try await api.status() },
        Route(.get, "\(version)/agents", .everything) { api, _ in try await api.agents() },
        Route(.post, "\(version)/agents/{agent}/actions/release", .everything) { try await $0.release($1) },
        Route(.get, "\(version)/sweeps", .everything) { api, _ in try await api.sweepList() },
        Route(.get, "\(version)/sweeps/{sweep}") { try await $0.sweepDetails($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials") { try await $0.trialTable($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials.csv") { try await $0.trialsCSV($1) },
        Route(.get, "\(version)/sweeps/{sweep}/history") { try await $0.history($1) },
        Route(.get, "\(version)/sweeps/{sweep}/timeline") { try await $0.timeline($1) },
        Route(.get, "\(version)/sweeps/{sweep}/curves") { try await $0.curves($1) },
        Route(.get, "\(version)/sweeps/{sweep}/insight") { try await $0.insight($1) },
        Route(.get, "\(version)/sweeps/{sweep}/landscape") { try await $0.landscape($1) },
        Route(.get, "\(version)/sweeps/{sweep}/extremes") { try await $0.extremes($1) },
        Route(.get, "\(version)/artifacts", .everything) { try await $0.artifacts($1) },
        Route(.get, "\(version)/artifacts/{name}/{version}", .everything) { try await $0.artifact($1) },
        Route(.get, "\(version)/artifacts/{name}/{version}/file", .everything) { try await $0.artifactFile($1) },
        Route(.get, "\(version)/sweeps/{sweep}/artifacts") { try await $0.sweepArtifacts($1) },
        Route(.get, "\(version)/sweeps/{sweep}/artifacts/{name}/{version}") { try await $0.artifact($1) },
        Route(.get, "\(version)/sweeps/{sweep}/artifacts/{name}/{version}/file") { try await $0.artifactFile($1) },
        Route(.get, "\(version)/sweeps/{sweep}/remarks") { try await $0.remarks($1) },
        Route(.post, "\(version)/sweeps/{sweep}/edit", .everything) { try await $0.edit($1) },
        Route(.post, "\(version)/sweeps/{sweep}/remark", .everything) { try await $0.changeRemark($1) },
        Route(.post, "\(version)/sweeps/{sweep}/trials/{trial}/remark", .everything) {
            try await $0.changeRemark($1)
        },
        Route(.get, "\(version)/sweeps/{sweep}/events") { try await $0.events($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials/{trial}") { try await $0.trialDetails($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials/{trial}/metrics") { try await $0.metrics($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials/{trial}/system") { try await $0.systemMetrics($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials/{trial}/metrics.csv") { try await $0.metricsCSV($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials/{trial}/log") { try await $0.log($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials/{trial}/why") { try await $0.reasons($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials/{trial}/files") { try await $0.recordFiles($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials/{trial}/files/{file}") { try await $0.recordFile($1) },
        Route(.get, "\(version)/sweeps/{sweep}/trials/{trial}/histograms") { try await $0.histograms($1) },
        Route(.post, "\(version)/sweeps/{sweep}/actions/{action}", .everything) { try await $0.act($1) },
        Route(.post, "\(version)/sweeps/{sweep}/trials/{trial}/actions/{action}", .everything) {
            try await $0.actOnTrial($1)
        },
    ]
}
