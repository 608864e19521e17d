/// Bytes as they come, to lines. Keeps half lines, holds no more than `longest` bytes: a longer line is skipped
/// whole, however long it is. Of a progress bar that overwrites itself (`\r`) without ever ending its line, the last state
/// is kept.
package struct LineSplitter: Sendable {
    package static let maximumLength = 64 << 10

    /// Bytes of the longest line that is taken.
    private let longest: Int
    private var half: [UInt8] = []
    private var isSkipping = false
    /// Lines that were longer than a metric can be.
    package private(set) var skipped = 0
    /// All bytes up to the end of the last whole line: where reading begins again after a restart.
    package private(set) var consumed: Int
    private var taken: Int

    /// `offset`: where in its file the first byte lies.
    package init(offset: Int = 0, longest: Int = Self.maximumLength) {
        self.longest = longest
        consumed = offset
        taken = offset
    }

    /// Calls `body` with every line that `bytes` completes, without its line feed.
    ///
    /// - Parameter offset: where in the file they lie, when others lie between these and those before.
    package mutating func take(_ bytes: [UInt8], at offset: Int? = nil, _ body: (ArraySlice<UInt8>) -> Void) {
        if let offset { taken = offset }
        var start = 0
        while let end = ByteSearch.firstIndex(of: UInt8(ascii: "\n"), in: bytes[start...]) {
            emit(bytes[start..<end], body)
            start = end + 1
            consumed = taken + start
        }
        taken += bytes.count
        keep(bytes[start...])
    }

    /// The last line, where its line feed is missing.
    package mutating func finish(_ body: (ArraySlice<UInt8>) -> Void) {
        emit([], body)
        consumed = taken
    }

    private mutating func emit(_ rest: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Void) {
        defer {
            half.removeAll(keepingCapacity: half.capacity <= 4096)
            isSkipping = false
        }
        if isSkipping || half.count + rest.count > longest {
            if let last = Self.lastState(rest) { body(last) } else { skipped += 1 }
        } else if half.isEmpty {
            if !rest.isEmpty { body(rest) }
        } else {
            body(half[...] + rest)
        }
    }

    private mutating func keep(_ rest: ArraySlice<UInt8>) {
        guard !isSkipping else { return }
        if half.count + rest.count <= longest {
            half.append(contentsOf: rest)
        } else if let last = Self.lastState(rest) {
            half = Array(last)
        } else {
            isSkipping = true
            half = []
        }
    }

    /// What is left of a line that overwrites itself; nil where it is not such a line.
    private static func lastState(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var end = bytes.endIndex
        while end > bytes.startIndex, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        guard let start = bytes[..<end].lastIndex(of: UInt8(ascii: "\r")), end - start <= 4096 else { return nil }
        return bytes[start...]
    }
}
