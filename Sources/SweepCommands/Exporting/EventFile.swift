import Glibc
import SweepModel
import SweepRecord
import SweepWire

/// One trial as an event file of TensorBoard: scalars, and its parameters for the HParams tab.
///
/// Records and messages as TensorFlow's `record_writer.cc` and `event.proto` have them.
struct EventFile {
    private var bytes: [UInt8] = []
    private let trial: TrialRow

    init(_ trial: TrialRow) {
        self.trial = trial
        let start = Double(trial.started?.milliseconds ?? 0) / 1000
        var version = ProtobufBytes()
        version.double(1, start)
        version.text(3, "brain.Event:2")
        append(version)
        append(parameters(at: start))
        guard let end = trial.ended, trial.state.isFinal else { return }
        // SessionEndInfo: status 1 success, 2 failure.
        var info = ProtobufBytes()
        info.whole(1, trial.state == .completed || trial.state == .pruned ? 1 : 2)
        info.double(2, Double(end.milliseconds) / 1000)
        append(Self.session("_hparams_/session_end_info", field: 4, info, at: start))
    }

    mutating func add(_ points: [PointLines.Point]) {
        for (index, point) in points.enumerated() {
            var value = ProtobufBytes()
            value.text(1, point.metric)
            value.float(2, Float(point.value))
            var summary = ProtobufBytes()
            summary.message(1, value)
            var event = ProtobufBytes()
            event.double(1, point.time)
            event.whole(2, point.step ?? index)
            event.message(5, summary)
            append(event)
        }
    }

    /// HParamsPluginData.session_start_info: its `hparams` are a map from names to google.protobuf.Value.
    private func parameters(at time: Double) -> ProtobufBytes {
        var info = ProtobufBytes()
        for member in trial.params.flattened {
            var value = ProtobufBytes()
            switch member.value {
            case .bool(let flag): value.whole(4, flag ? 1 : 0)
            case .int(let number): value.double(2, Double(number))
            case .double(let number): value.double(2, number)
            case .string(let text): value.text(3, text)
            case let other: value.text(3, other.json())
            }
            var entry = ProtobufBytes()
            entry.text(1, member.name)
            entry.message(2, value)
            info.message(1, entry)
        }
        info.text(4, trial.id.description)
        info.double(5, time)
        return Self.session("_hparams_/session_start_info", field: 3, info, at: time)
    }

    private static func session(_ tag: String, field: Int, _ info: ProtobufBytes, at time: Double) -> ProtobufBytes {
        var data = ProtobufBytes()
        data.whole(1, 0)
        data.message(field, info)
        var plugin = ProtobufBytes()
        plugin.text(1, "hparams")
        plugin.message(2, data)
        var metadata = ProtobufBytes()
        metadata.message(1, plugin)
        var value = ProtobufBytes()
        value.text(1, tag)
        value.message(9, metadata)
        var summary = ProtobufBytes()
        summary.message(1, value)
        var event = ProtobufBytes()
        event.double(1, time)
        event.message(5, summary)
        return event
    }

    /// Length, its checksum, the bytes, theirs.
    private mutating func append(_ event: ProtobufBytes) {
        var length = ProtobufBytes()
        length.raw(UInt64(event.bytes.count), 8)
        bytes += length.bytes
        appendChecksum(of: length.bytes)
        bytes += event.bytes
        appendChecksum(of: event.bytes)
    }

    private mutating func appendChecksum(of data: [UInt8]) {
        var checksum = ProtobufBytes()
        checksum.raw(UInt64(data.withUnsafeBytes { Checksum.castagnoli.masked($0) }), 4)
        bytes += checksum.bytes
    }

    func write(to folder: String) throws(SweepError) {
        var made = ""
        for part in folder.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o755) != 0, errno != EEXIST {
                throw SweepError(.failed, "\(made) cannot be made: \(String(cString: strerror(errno)))")
            }
        }
        let path = "\(folder)/events.out.tfevents.\((trial.started?.milliseconds ?? 0) / 1000).sweep"
        guard let file = fopen(path, "we") else {
            throw SweepError(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        let count = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, count == bytes.count else {
            throw SweepError(.failed, "\(path) cannot be written whole", remedy: "free space there")
        }
    }
}

/// Writes protocol buffers.
struct ProtobufBytes {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ value: UInt64, _ count: Int) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func whole(_ field: Int, _ value: Int) {
        varint(UInt64(field << 3))
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func double(_ field: Int, _ value: Double) {
        varint(UInt64(field << 3 | 1))
        raw(value.bitPattern, 8)
    }

    mutating func float(_ field: Int, _ value: Float) {
        varint(UInt64(field << 3 | 5))
        raw(UInt64(value.bitPattern), 4)
    }

    mutating func text(_ field: Int, _ text: String) { data(field, Array(text.utf8)) }

    mutating func message(_ field: Int, _ message: ProtobufBytes) { data(field, message.bytes) }

    private mutating func data(_ field: Int, _ data: [UInt8]) {
        varint(UInt64(field << 3 | 2))
        varint(UInt64(data.count))
        bytes += data
    }
}
