import SweepModel

/// TensorBoard's event files, as PyTorch, tensorboardX, TensorFlow, Keras, Lightning and Hugging Face write them: scalars
/// in every encoding as metrics, hparams, text and histograms as details. Images and audio are only counted.
///
/// Field numbers: tensorflow/core/util/event.proto, framework/summary.proto, framework/tensor.proto and
/// tensorboard/plugins/hparams/plugin_data.proto.
package struct TensorBoardFileSource: MetricFileSource {
    package static let name = "tensorboard"

    /// Tags whose plugin is remembered: some writers say it with a tag's first value only.
    private static let maximumTags = 10_000

    private var frames = RecordFrames()
    private let prefix: String
    private var plugins: [String: String] = [:]

    package init(prefix: String) { self.prefix = prefix }

    package static func reads(fileName: String) -> Bool {
        fileName.contains("tfevents") && !fileName.hasSuffix(".profile-empty")
    }

    package mutating func read(_ bytes: [UInt8], _ body: (FileReading) -> Void) {
        // Out of the property while its records change the rest of this value.
        var frames = self.frames
        self.frames = RecordFrames()
        frames.take(bytes) { event($0, body) }
        self.frames = frames
    }

    package mutating func finish(_ body: (FileReading) -> Void) {}

    /// `Event`: wall_time = 1, step = 2 (absent when 0), summary = 5.
    private mutating func event(_ message: UnsafeRawBufferPointer, _ body: (FileReading) -> Void) {
        var time: Timestamp?
        var step = 0
        var summary: UnsafeRawBufferPointer?
        message.eachField { number, value in
            switch number {
            case 1: time = value.double.flatMap(Timestamp.init(unixSeconds:))
            case 2: step = value.integer ?? 0
            case 5: summary = value.content
            default: break
            }
        }
        guard let summary else { return }
        var reading = MetricReading(step: step >= 0 ? step : nil, time: time, metrics: [])
        var details: [RunDetail] = []
        summary.eachField { number, value in
            guard number == 1 else { return }
            take(SummaryValue(value.content), into: &reading, &details)
        }
        if !reading.metrics.isEmpty { body(.metrics(reading)) }
        for var detail in details {
            (detail.step, detail.time) = (reading.step, time)
            body(.detail(detail))
        }
    }

    private mutating func take(
        _ value: SummaryValue, into reading: inout MetricReading, _ details: inout [RunDetail]
    ) {
        let name = prefix + value.tag
        guard !value.tag.isEmpty, name.utf8.count <= MetricName.maximumLength else { return }
        if let number = value.simple {
            reading.metrics.append((name, number))
            return
        }
        if let plugin = value.plugin, plugins.count < Self.maximumTags { plugins[value.tag] = plugin }
        let plugin = value.plugin ?? plugins[value.tag]
        if plugin == "hparams" {
            if let json = HParams.json(value.pluginContent) {
                details.append(RunDetail(name: "hparams", kind: "hparams", json: json))
            }
        } else if let histogram = value.histogram {
            details += HistogramText.legacy(histogram).map { RunDetail(name: name, kind: "histogram", json: $0) }
        } else if let tensor = value.tensor {
            let tensor = Tensor(tensor)
            if plugin == "text" {
                guard let text = tensor.text, text.utf8.count <= RunDetail.maximumSize / 2 else { return }
                let bare = name.hasSuffix("/text_summary") ? String(name.dropLast(13)) : name
                details.append(RunDetail(name: bare, kind: "text", json: ParameterValue.string(text).json()))
            } else if plugin == "histograms" {
                details += HistogramText.tensor(tensor).map { RunDetail(name: name, kind: "histogram", json: $0) }
            } else if plugin == nil || plugin == "scalars", let number = tensor.scalar {
                reading.metrics.append((name, number))
            }
        }
    }
}

/// `Summary.Value`: tag = 1, simple_value = 2, histo = 5, tensor = 8, metadata = 9 {plugin_data = 1 {name = 1, content = 2}}.
private struct SummaryValue {
    var tag = ""
    var simple: Double?
    var histogram: UnsafeRawBufferPointer?
    var tensor: UnsafeRawBufferPointer?
    var plugin: String?
    var pluginContent = UnsafeRawBufferPointer(start: nil, count: 0)

    init(_ message: UnsafeRawBufferPointer) {
        message.eachField { number, value in
            switch number {
            case 1: tag = value.text
            case 2: simple = value.float
            case 5: histogram = value.content
            case 8: tensor = value.content
            case 9: metadata(value.content)
            default: break
            }
        }
    }

    private mutating func metadata(_ message: UnsafeRawBufferPointer) {
        message.eachField { number, value in
            guard number == 1 else { return }
            value.content.eachField { number, value in
                if number == 1 { plugin = value.text }
                if number == 2 { pluginContent = value.content }
            }
        }
    }
}

/// `hparams.HParamsPluginData`: session_start_info = 3 {hparams = 1: map of google.protobuf.Value}.
private enum HParams {
    static func json(_ message: UnsafeRawBufferPointer) -> String? {
        var members: [ParameterValue.Member] = []
        message.eachField { number, session in
            guard number == 3 else { return }
            session.content.eachField { number, entry in
                guard number == 1, members.count < 1000 else { return }
                var name = ""
                var value = ParameterValue.null
                entry.content.eachField { number, field in
                    if number == 1 { name = field.text }
                    if number == 2 { value = self.value(field.content) }
                }
                members.append(.init(name, value))
            }
        }
        guard !members.isEmpty else { return nil }
        let json = ParameterValue.object(members).json()
        return json.utf8.count <= RunDetail.maximumSize ? json : nil
    }

    /// `google.protobuf.Value`: number_value = 2, string_value = 3, bool_value = 4.
    private static func value(_ message: UnsafeRawBufferPointer) -> ParameterValue {
        var result = ParameterValue.null
        message.eachField { number, value in
            switch number {
            case 2: result = value.double.map(ParameterValue.double) ?? .null
            case 3: result = .string(value.text)
            case 4: result = .bool(value.integer ?? 0 != 0)
            default: break
            }
        }
        return result
    }
}
