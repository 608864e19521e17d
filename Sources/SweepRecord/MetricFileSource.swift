package import SweepModel

/// One thing that a record file says.
package enum FileReading: Hashable, Sendable {
    case metrics(MetricReading)
    case detail(RunDetail)
}

/// One kind of file that training libraries write their metrics to, and that is found below a trial's folders.
///
/// A new one is a file in `Sources/` and a line in `BuiltIns.swift`; the conformance suite runs over that list. One value
/// reads one file, from its first byte, in whatever pieces it comes; a record that is not whole yet is kept (bounded) until
/// its rest is there. The same bytes give the same readings: an agent that starts anew reads a file again and leaves out
/// as many as it had. Whatever a file holds, it must not trap.
package protocol MetricFileSource: Sendable {
    /// As it is shown beside a metric.
    static var name: String { get }
    /// A file of this kind, and what is read in it: for the conformance suite.
    static var sample: (file: String, bytes: [UInt8], readings: [FileReading]) { get }

    /// Whether a file of this name (its last path component) is one of this kind.
    static func reads(fileName: String) -> Bool

    /// - Parameter prefix: put before each metric's name: `validation/` for the event files of that folder.
    init(prefix: String)

    /// Bytes that follow those before.
    mutating func read(_ bytes: [UInt8], _ body: (FileReading) -> Void)

    /// The trial has ended: what was waiting for more.
    mutating func finish(_ body: (FileReading) -> Void)
}
