import SweepModel

/// Rows as bytes of one of the formats of an export.
struct TableWriter {
    let format: ExportRequest.Format
    let names: [String]
    private let keys: [[UInt8]]
    private(set) var bytes: [UInt8] = []

    init(_ format: ExportRequest.Format, _ names: [String]) {
        self.format = format
        self.names = names
        keys = names.map { ParameterValue.string($0).jsonBytes() + [UInt8(ascii: ":")] }
    }

    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    mutating func header() {
        guard format == .csv else { return }
        for (index, name) in names.enumerated() { field(name, first: index == 0) }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// - Parameter rows: which rows; `columns` has all of them.
    mutating func write(_ rows: Range<Int>, _ columns: [[ParameterValue]]) {
        guard !rows.isEmpty else { return }
        switch format {
        case .csv:
            for row in rows {
                for (index, column) in columns.enumerated() {
                    if index > 0 { bytes.append(UInt8(ascii: ",")) }
                    cell(column[row])
                }
                bytes.append(UInt8(ascii: "\n"))
            }
        case .jsonl:
            for row in rows {
                for (index, column) in columns.enumerated() {
                    bytes.append(UInt8(ascii: index == 0 ? "{" : ","))
                    bytes += keys[index]
                    json(column[row])
                }
                bytes += [UInt8(ascii: "}"), UInt8(ascii: "\n")]
            }
        case .columns:
            for (index, column) in columns.enumerated() {
                bytes.append(UInt8(ascii: index == 0 ? "{" : ","))
                bytes += keys[index]
                for row in rows {
                    bytes.append(UInt8(ascii: row == rows.lowerBound ? "[" : ","))
                    json(column[row])
                }
                bytes.append(UInt8(ascii: "]"))
            }
            bytes += [UInt8(ascii: "}"), UInt8(ascii: "\n")]
        }
    }

    private mutating func cell(_ value: ParameterValue) {
        switch value {
        case .null: break
        case .bool(let value): bytes += value ? "True".utf8 : "False".utf8
        case .int(let value): number(Int64(value))
        case .double(let value): number(value)
        case .string(let text): field(text, first: true)
        case .list, .object: field(value.json(), first: true)
        }
    }

    private mutating func json(_ value: ParameterValue) {
        switch value {
        case .int(let value): number(Int64(value))
        case .double(let value) where value.isFinite: number(value)
        default: bytes += value.jsonBytes(nonFinite: .null)
        }
    }

    /// As `pandas.read_csv` reads it back: `nan`, `inf`, `1e-05`.
    private mutating func number(_ value: Double) {
        var text = value.description
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private mutating func number(_ value: Int64) {
        var text = value.description
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    /// RFC 4180: in quotes where it must be.
    private mutating func field(_ text: String, first: Bool) {
        if !first { bytes.append(UInt8(ascii: ",")) }
        let needsQuotes = text.utf8.contains { byte in
            byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D
        }
        guard needsQuotes else {
            bytes += text.utf8
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
