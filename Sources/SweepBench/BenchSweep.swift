import SweepModel

/// The sweep that the measurements run: five parameters of common kinds, one metric, random search.
enum BenchSweep {
    static func yaml(trials: Int) -> String {
        """
        name: bench
        method: random
        seed: 1
        run_cap: \(trials)
        command: ["true"]
        metric: {name: loss, goal: minimize}
        parameters:
          learning_rate: {distribution: log_uniform_values, min: 1e-5, max: 1e-1}
          dropout: {min: 0.0, max: 0.5}
          layers: {values: [1, 2, 3, 4]}
          units: {distribution: int_uniform, min: 16, max: 512}
          optimizer: {values: [adam, sgd]}
        """
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
