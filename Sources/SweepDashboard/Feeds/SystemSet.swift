import SweepModel

/// What an attempt used of its machine over time, from the lines of its `system.jsonl`:
/// `{"time": 1700000000000, "system.cpu": 12.5, …}`.
struct SystemSet: LineReading {
    static let longestLine = 256 << 10
    /// Of the file; what an agent sends is not longer.
    static let longestFile = 64 << 20

    private(set) var series = SeriesSet(most: 500) { _ in true }

    mutating func take(line: ArraySlice<UInt8>) {
        guard let members = (try? JSONParser.parse(Array(line)))?.members,
            let time = members.first(where: { $0.key == "time" })?.value.number, time.magnitude < 1e15
        else { return }
        var values: [String: Double] = [:]
        for member in members where member.key.hasPrefix("system.") && member.key.utf8.count <= 200 {
            values[member.key] = member.value.number
        }
        series.add(nil, Timestamp(milliseconds: Int64(time)), values)
    }
}
