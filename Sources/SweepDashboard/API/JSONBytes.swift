import SweepModel

/// Writes JSON straight into bytes: a column of 50,000 numbers is no tree of 50,000 values first.
///
/// A number that JSON does not have becomes a text (`"NaN"`, `"Infinity"`), so that a page can show it; what is missing is
/// `null`.
struct JSONBytes {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init(capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

    mutating func object(_ body: (inout JSONBytes) -> Void) { enclose("{", "}", body) }
    mutating func array(_ body: (inout JSONBytes) -> Void) { enclose("[", "]", body) }

    mutating func object(_ key: String, _ body: (inout JSONBytes) -> Void) {
        self.key(key)
        object(body)
    }

    mutating func array(_ key: String, _ body: (inout JSONBytes) -> Void) {
        self.key(key)
        array(body)
    }

    mutating func member(_ key: String, _ value: String?) {
        self.key(key)
        self.value(value)
    }

    mutating func member(_ key: String, _ value: Int?) {
        self.key(key)
        self.value(value)
    }

    mutating func member(_ key: String, _ value: Double?) {
        self.key(key)
        self.value(value)
    }

    mutating func member(_ key: String, _ value: Bool) {
        self.key(key)
        raw(value ? "true" : "false")
    }

    mutating func member(_ key: String, _ value: ParameterValue) {
        self.key(key)
        self.value(value)
    }

    mutating func member(_ key: String, _ value: Timestamp?) { member(key, value.map { Int($0.milliseconds) }) }

    mutating func members(_ key: String, _ values: some Sequence<Int>) {
        array(key) { json in for value in values { json.value(value) } }
    }

    mutating func members(_ key: String, _ values: some Sequence<Double>) {
        array(key) { json in for value in values { json.value(value) } }
    }

    mutating func members(_ key: String, _ values: some Sequence<String>) {
        array(key) { json in for value in values { json.value(value) } }
    }

    mutating func value(_ value: Int?) { raw(value?.description ?? "null") }

    mutating func value(_ value: Double?) {
        guard let value else { return raw("null") }
        if value.isFinite {
            raw(value == value.rounded() && abs(value) < 1e15 ? Int(value).description : value.description)
        } else {
            raw(value.isNaN ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"")
        }
    }

    mutating func value(_ value: String?) {
        guard let value else { return raw("null") }
        comma()
        bytes.append(contentsOf: ParameterValue.string(value).jsonBytes())
        needsComma = true
    }

    mutating func value(_ value: ParameterValue) {
        switch value {
        case .double(let number): self.value(number)
        default:
            comma()
            bytes.append(contentsOf: value.jsonBytes(nonFinite: .null))
            needsComma = true
        }
    }

    private mutating func raw(_ text: String) {
        comma()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    mutating func key(_ key: String) {
        comma()
        bytes.append(contentsOf: ParameterValue.string(key).jsonBytes())
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func enclose(_ open: Character, _ close: Character, _ body: (inout JSONBytes) -> Void) {
        comma()
        bytes.append(contentsOf: open.utf8)
        needsComma = false
        body(&self)
        bytes.append(contentsOf: close.utf8)
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}
