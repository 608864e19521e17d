/// The files of `Pages/` by the names under which browsers ask for them.
enum PageFiles {
    /// What the API's first address answers: every other address of it, as OpenAPI.
    static let description = PackageResources.openapi_json
    static let descriptionTag = API.hash(String(decoding: description, as: UTF8.self))

    static let all: [String: [UInt8]] = [
        "index.html": PackageResources.index_html,
        "app.css": PackageResources.app_css,
        "icon.svg": PackageResources.icon_svg,
        "app.js": PackageResources.app_js,
        "lib.js": PackageResources.lib_js,
        "plot.js": PackageResources.plot_js,
        "charts.js": PackageResources.charts_js,
        "parallel.js": PackageResources.parallel_js,
        "model.js": PackageResources.model_js,
        "sweeps.js": PackageResources.sweeps_js,
        "sweep.js": PackageResources.sweep_js,
        "table.js": PackageResources.table_js,
        "run.js": PackageResources.run_js,
        "record.js": PackageResources.record_js,
        "compare.js": PackageResources.compare_js,
        "agents.js": PackageResources.agents_js,
    ]
}
