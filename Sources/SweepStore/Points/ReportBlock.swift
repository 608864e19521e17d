import SweepModel

/// The reports of one message of an agent as bytes, as they came: what a commit writes. `PointPacking` makes chunks of
/// many of them later.
///
/// A format that has been released is never changed: another one gets the next number. (The migration to schema 3 writes
/// it, too.)
enum ReportBlock {
    private static let format: UInt8 = 1

    /// - Parameter reports: each with at least one metric.
    static func encode(_ reports: [Report]) -> [UInt8] {
        var names: [String: Int] = [:]
        var texts: [String] = []
        func index(_ name: String) -> Int {
            if let known = names[name] { return known }
            names[name] = texts.count
            texts.append(name)
            return texts.count - 1
        }
        var rows = BlockWriter()
        var time: Int64 = 0
        var step: Int64 = 0
        for report in reports {
            rows.signed(report.time.milliseconds &- time)
            time = report.time.milliseconds
            // 0: no source; its index follows otherwise, from 1.
            rows.count(report.source.map { index($0) + 1 } ?? 0)
            rows.byte(report.step == nil ? 0 : 1)
            if let given = report.step {
                rows.signed(Int64(given) &- step)
                step = Int64(given)
            }
            rows.count(report.metrics.count)
            for (name, value) in report.metrics {
                rows.count(index(name))
                rows.raw(value.bitPattern)
            }
        }
        var writer = BlockWriter()
        writer.byte(format)
        writer.count(texts.count)
        for text in texts { writer.text(text) }
        writer.count(reports.count)
        writer.section(rows)
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(BlockDamage) -> [Report] {
        var reader = BlockReader(bytes)
        guard try reader.byte() == format else { throw BlockDamage() }
        var texts: [String] = []
        for _ in 0..<(try reader.count(most: reader.rest)) { texts.append(try reader.text()) }
        let count = try reader.count(most: reader.rest)
        var rows = try reader.section()
        var reports: [Report] = []
        reports.reserveCapacity(count)
        var time: Int64 = 0
        var step: Int64 = 0
        for _ in 0..<count {
            time &+= try rows.signed()
            let source = try rows.count(most: texts.count)
            let hasStep = try rows.byte() == 1
            if hasStep { step &+= try rows.signed() }
            var metrics: [String: Double] = [:]
            let metricCount = try rows.count(most: rows.rest / 9)
            metrics.reserveCapacity(metricCount)
            for _ in 0..<metricCount {
                let name = try rows.count(most: texts.count - 1)
                metrics[texts[name]] = Double(bitPattern: try rows.raw())
            }
            reports.append(
                Report(
                    step: hasStep ? Int(step) : nil, time: Timestamp(milliseconds: time), metrics: metrics,
                    source: source == 0 ? nil : texts[source - 1]))
        }
        return reports
    }
}
