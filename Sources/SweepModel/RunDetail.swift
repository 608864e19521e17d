/// What a run says of itself beside its metrics: a histogram, a text, a table's path, its configuration.
package struct RunDetail: Hashable, Sendable, Codable {
    /// Longer ones are dropped: the record is for people, not a copy of the data.
    package static let maximumSize = 64 << 10

    package var name: String
    /// `histogram`, `text`, `table-file`, `image-file`, … (W&B's `_type`), `config`, `hparams`, `run`.
    package var kind: String
    package var step: Int?
    package var time: Timestamp?
    /// JSON text; may hold bare NaN and Infinity.
    package var json: String

    package init(name: String, kind: String, step: Int? = nil, time: Timestamp? = nil, json: String) {
        self.name = name
        self.kind = kind
        self.step = step
        self.time = time
        self.json = json
    }
}
