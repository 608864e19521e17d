/// Up to `capacity` points of one series as bytes: four columns, each coded so that what is regular takes next to no room.
///
/// Whole numbers (the report's number, the step, the time) are the differences of their differences, runs of zeros as one
/// count, as in Gorilla (Pelkonen et al., VLDB 2015, §4.1.1) but in whole bytes: a step that grows by the same amount, and
/// reports that each bring the metric, take no room. Values: see `ValueColumn`.
///
/// A format that has been released is never changed: another one gets the next number.
enum PointChunk {
    static let capacity = 4096
    private static let format: UInt8 = 1

    static func encode(_ series: PointSeries) -> [UInt8] {
        var writer = BlockWriter()
        writer.byte(format)
        writer.count(series.count)
        writer.section(encode(series.steps))
        writer.section(ValueColumn.encode(series.values))
        writer.section(encode(series.times))
        writer.section(encode(series.reports))
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer, into series: inout PointSeries) throws(BlockDamage) {
        var (reader, count) = try open(bytes)
        try append(reader.section(), count, to: &series.steps)
        try ValueColumn.append(reader.section(), count, to: &series.values)
        try append(reader.section(), count, to: &series.times)
        try append(reader.section(), count, to: &series.reports)
    }

    /// Steps and values alone: what a line on a chart needs.
    static func decodeLine(
        _ bytes: UnsafeRawBufferPointer, steps: inout [Int64], values: inout [Double]
    ) throws(BlockDamage) {
        var (reader, count) = try open(bytes)
        try append(reader.section(), count, to: &steps)
        try ValueColumn.append(reader.section(), count, to: &values)
    }

    private static func open(_ bytes: UnsafeRawBufferPointer) throws(BlockDamage) -> (BlockReader, Int) {
        var reader = BlockReader(bytes)
        guard try reader.byte() == format else { throw BlockDamage() }
        let count = try reader.count(most: capacity)
        return (reader, count)
    }

    private static func encode(_ numbers: [Int64]) -> BlockWriter {
        var writer = BlockWriter()
        var last: Int64 = 0
        var lastDelta: Int64 = 0
        var zeros = 0
        for number in numbers {
            let delta = number &- last
            let change = delta &- lastDelta
            (last, lastDelta) = (number, delta)
            if change == 0 {
                zeros += 1
                continue
            }
            writer.run(zeros)
            zeros = 0
            writer.signed(change)
        }
        writer.run(zeros)
        return writer
    }

    private static func append(
        _ reader: BlockReader, _ count: Int, to numbers: inout [Int64]
    ) throws(BlockDamage) {
        var reader = reader
        let end = numbers.count + count
        var last: Int64 = 0
        var delta: Int64 = 0
        while numbers.count < end {
            let change = try reader.signed()
            guard change == 0 else {
                delta &+= change
                last &+= delta
                numbers.append(last)
                continue
            }
            for _ in 0..<(try reader.count(most: end - numbers.count)) {
                last &+= delta
                numbers.append(last)
            }
        }
    }
}

extension BlockWriter {
    /// A zero, and how many of them.
    fileprivate mutating func run(_ zeros: Int) {
        guard zeros > 0 else { return }
        byte(0)
        count(zeros)
    }
}
