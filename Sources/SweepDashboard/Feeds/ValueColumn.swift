import SweepModel

/// One parameter's or metric's values, a number a trial: a number as it is, everything else as an index into `texts`.
struct ValueColumn: Sendable {
    let name: String
    /// NaN-boxed: `missing` where a trial has none, else the value or the index.
    private(set) var values: [Cell]
    /// Every different value that is no number, in the order of appearance.
    private(set) var texts: [ParameterValue] = []
    private var places: [ParameterValue: Int] = [:]

    enum Cell: Hashable, Sendable {
        case missing
        case number(Double)
        case text(Int)
    }

    init(name: String, count: Int) {
        self.name = name
        values = Array(repeating: .missing, count: count)
    }

    mutating func append() { values.append(.missing) }

    mutating func set(_ value: ParameterValue, at index: Int) {
        if let number = value.number {
            values[index] = .number(number)
        } else if let place = places[value] {
            values[index] = .text(place)
        } else {
            places[value] = texts.count
            values[index] = .text(texts.count)
            texts.append(value)
        }
    }

    mutating func clear(at index: Int) { values[index] = .missing }

    func value(at index: Int) -> ParameterValue {
        switch values[index] {
        case .missing: .null
        case .number(let number):
            if let whole = Int(exactly: number) { .int(whole) } else { .double(number) }
        case .text(let place): texts[place]
        }
    }

    /// A number, a missing value as null, and anything else as `[index]` into `texts`.
    func write(_ index: Int, into json: inout JSONBytes) {
        switch values[index] {
        case .missing: json.value(Int?.none)
        case .number(let number): json.value(number)
        case .text(let place): json.array { $0.value(place) }
        }
    }
}
