import SweepModel
import SweepSpec

struct SpecPreview {
    init(of: SweepSpec, seed: UInt64, count: Int, environment: [String: String]) {}
    var lines: [String] { [] }
    var json: ParameterValue { .null }
}
