package import NIOCore

/// Bytes to lines: everything up to a line feed, without it. A line longer than `maximumLength` ends the connection with
/// `LineTooLong` as soon as that many bytes have come, so that a peer can make the controller hold no more than that.
package struct LineFrameDecoder: NIOSingleStepByteToMessageDecoder {
    package typealias InboundOut = ByteBuffer

    /// DESIGN §5: a line is at most 1 MiB.
    package static let maximumLength = 1 << 20

    package struct LineTooLong: Error, CustomStringConvertible {
        package var description: String { "a line of over \(LineFrameDecoder.maximumLength) bytes" }
    }

    /// Bytes of the unfinished line that were already searched.
    private var searched = 0

    package init() {}

    package mutating func decode(buffer: inout ByteBuffer) throws -> ByteBuffer? {
        let view = buffer.readableBytesView
        if let end = view[(view.startIndex + searched)...].firstIndex(of: UInt8(ascii: "\n")) {
            searched = 0
            let length = end - view.startIndex
            guard length <= Self.maximumLength else { throw LineTooLong() }
            let hasReturn = length > 0 && view[end - 1] == UInt8(ascii: "\r")
            let line = buffer.readSlice(length: hasReturn ? length - 1 : length)
            buffer.moveReaderIndex(forwardBy: hasReturn ? 2 : 1)
            return line
        }
        searched = view.count
        guard searched <= Self.maximumLength else { throw LineTooLong() }
        return nil
    }

    package mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> ByteBuffer? {
        // The end of the connection cuts an unfinished line: it is dropped, never taken for a whole one.
        try decode(buffer: &buffer)
    }
}
