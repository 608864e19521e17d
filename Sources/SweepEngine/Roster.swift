/// Values by id, in the order of their insertion, each looked at and changed where it lies.
///
/// What an `OrderedDictionary` is, but for its subscript: that one gives a copy to whoever reads, and to whoever writes
/// moves the value to the end and back. For structs of a dozen fields that took half of the engine's time.
struct Roster<ID: Hashable & Sendable, Value: Sendable>: Sendable {
    private var places: [ID: Int] = [:]
    private(set) var ids: [ID] = []
    /// As many as `ids`. None is nil: optional only so that the subscript can lend them as they lie.
    private var entries: ContiguousArray<Value?> = []

    var values: some Sequence<Value> { entries.lazy.compactMap { $0 } }

    /// Setting nil removes, in linear time: later ones move up.
    subscript(id: ID) -> Value? {
        _read {
            if let place = places[id] { yield entries[place] } else { yield nil }
        }
        _modify {
            if let place = places[id] {
                defer { if entries[place] == nil { remove(at: place) } }
                yield &entries[place]
            } else {
                var value: Value?
                defer { if let value { append(value, id) } }
                yield &value
            }
        }
    }

    private mutating func append(_ value: Value, _ id: ID) {
        places[id] = entries.count
        ids.append(id)
        entries.append(value)
    }

    private mutating func remove(at place: Int) {
        places[ids[place]] = nil
        ids.remove(at: place)
        entries.remove(at: place)
        for later in place..<ids.count { places[ids[later]] = later }
    }
}
