import SweepModel
import SweepStore
import SweepWire

/// Filters, exports and queries: see `TrialFilter`, `TableExport` and `Store.query`.
extension RequestDesk {
    /// As JSON, at worst six bytes for one, a piece of a text must fit a line.
    static let textPiece = 128 << 10
    /// Most rows of a query, and most bytes of a row.
    static let mostQueryRows = 1_000_000
    static let mostRowBytes = 512 << 10

    func matching(_ sweep: SweepID, _ filter: String, _ answer: Answer) async throws {
        let derived = parts.catalogue[sweep]?.derived ?? []
        let numbers = try await blocking { [store = parts.store] () throws(SweepError) in
            let trials = try store.allTrials(sweep)
            return try TrialColumns(trials, derived: derived).rows(where: filter).map { trials[$0].record.id.number }
        }
        for start in stride(from: 0, to: numbers.count, by: 10_000) {
            try await answer.send(TrialNumbers(numbers: Array(numbers[start..<min(numbers.count, start + 10_000)])))
        }
    }

    func export(_ sweep: SweepID, _ request: ExportRequest, _ answer: Answer) async throws {
        let derived = parts.catalogue[sweep]?.derived ?? []
        var export = try await blocking { [store = parts.store] () throws(SweepError) in
            try TableExport(store, sweep, request, derived: derived)
        }
        while true {
            let (next, piece) = try await blocking { [export] () throws(SweepError) in
                var export = export
                let piece = try export.next()
                return (export, piece)
            }
            export = next
            guard let piece else { return }
            for text in Self.texts(piece) { try await answer.send(TextPiece(text: text)) }
        }
    }

    /// The bytes as texts that fit a line; no character is cut.
    private static func texts(_ bytes: [UInt8]) -> [String] {
        var texts: [String] = []
        var start = 0
        while start < bytes.count {
            var end = min(bytes.count, start + textPiece)
            while end < bytes.count, end > start + 1, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            texts.append(String(decoding: bytes[start..<end], as: UTF8.self))
            start = end
        }
        return texts
    }

    func query(_ sql: String, _ text: String?, limit: Int?, _ answer: Answer) async throws {
        var sweep: SweepID?
        if let text { sweep = try await find(text).id }
        let limit = max(0, min(limit ?? Self.mostQueryRows, Self.mostQueryRows))
        let result = try await blocking {
            [store = parts.store, catalogue = parts.catalogue, sweep] () throws(SweepError) in
            try store.query(sql, sweep: sweep, derived: { catalogue[$0]?.derived ?? [] }, limit: limit)
        }
        try await answer.send(QueryHead(columns: result.columns, rows: result.rows.count, isCut: result.isCut))
        for start in stride(from: 0, to: result.rows.count, by: Self.page) {
            let page = result.rows[start..<min(result.rows.count, start + Self.page)].map { ParameterValue.list($0) }
            guard page.allSatisfy({ $0.textBytes <= Self.mostRowBytes }) else {
                throw SweepError(
                    .usage, "a row has more than \(Self.mostRowBytes) bytes", remedy: "cut its texts with substr()")
            }
            try await answer.send(page)
        }
    }

    /// Trials as rows, with the metrics that the sweep's file derives.
    static func rows(_ trials: [TrialSnapshot], _ derived: [DerivedMetric]) throws(SweepError) -> [TrialRow] {
        var rows = trials.map(TrialRow.init)
        guard !derived.isEmpty else { return rows }
        for column in try TrialColumns(trials, derived: derived).columns where column.kind == .derived {
            for (index, value) in column.values.enumerated() {
                if let number = value.number { rows[index].metrics[column.name] = number }
            }
        }
        return rows
    }
}

extension ParameterValue {
    fileprivate var textBytes: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .list(let values): values.reduce(0) { $0 + $1.textBytes + 32 }
        default: 32
        }
    }
}
