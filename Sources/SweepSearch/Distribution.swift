package import SweepModel

/// The law of one parameter: a map from the unit interval to values.
///
/// Pure. `value(at:)` is the quantile function, so that a uniform `u` gives a value drawn from the law; search methods
/// that work in the unit cube use `position(of:)`, its inverse. The formulas are W&B's.
package protocol Distribution: Sendable {
    /// The spelling under `distribution:` in YAML.
    static var name: String { get }

    /// The YAML keys that it takes, beside `distribution`.
    static var keys: [DistributionKey] { get }

    /// What W&B warns of whenever this law is used, with the mend; nil: nothing.
    static var deprecation: DistributionError? { get }

    /// What W&B warns of in this very parameter, with the mend; `deprecation` unless a law says otherwise.
    var caution: DistributionError? { get }

    /// The law that a parameter's keys describe. Keys that are not its own are ignored here: `BuiltIns.distribution`
    /// reports them.
    ///
    /// - Throws: the first problem, with the key and the mend.
    init(fields: DistributionFields) throws(DistributionError)

    /// The value at the quantile `u` in 0...1. Never traps, whatever `u` is.
    func value(at u: Double) -> ParameterValue

    /// Where in 0...1 `value` lies (for a discrete law: the middle of its share); nil when it is no value of this law.
    func position(of value: ParameterValue) -> Double?

    /// The values that a grid takes, in order, without repetition; nil when a grid cannot take this law.
    var gridAxis: GridAxis? { get }

    /// How many different values there are; nil: a continuum, or without bound.
    var valueCount: Int? { get }

    /// What the law is, in a line: `log_uniform_values 1e-05 … 0.1`.
    var summary: String { get }
}

extension Distribution {
    package static var deprecation: DistributionError? { nil }

    package var caution: DistributionError? { Self.deprecation }
}

/// One axis of a grid: counted and indexed, never written out (a range may have 10^12 values).
package struct GridAxis: Sendable {
    package let count: Int
    private let valueAt: @Sendable (Int) -> ParameterValue
    private let indexOf: @Sendable (ParameterValue) -> Int?

    package init(
        count: Int, valueAt: @escaping @Sendable (Int) -> ParameterValue,
        indexOf: @escaping @Sendable (ParameterValue) -> Int?
    ) {
        self.count = count
        self.valueAt = valueAt
        self.indexOf = indexOf
    }

    /// The value at `index` in 0..<count.
    package subscript(index: Int) -> ParameterValue { valueAt(index) }

    /// Where `value` stands (`1` and `1.0` are the same); nil: it is none of the axis.
    package func index(of value: ParameterValue) -> Int? { indexOf(value) }
}
