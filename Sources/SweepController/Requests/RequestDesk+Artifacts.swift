import FoundationEssentials
import SweepModel
import SweepStore
import SweepWire

extension RequestDesk {
    func artifact(_ request: ArtifactRequest, _ answer: Answer) async throws {
        let artifacts = parts.artifacts
        switch request {
        case .list(let text, let name):
            var sweep: SweepID?
            if let text { sweep = try await find(text).id }
            let rows = try await artifactRows(sweep: sweep, name: name)
            for start in stride(from: 0, to: rows.count, by: Self.page) {
                try await answer.send(Array(rows[start..<min(rows.count, start + Self.page)]))
            }
        case .find(let reference, let sweep):
            let (stored, row) = try await artifact(reference, in: sweep)
            try await answer.send(row)
            let files = try await blocking { [store = parts.store] () throws(SweepError) in
                try store.artifactFiles(stored.id)
            }
            for start in stride(from: 0, to: files.count, by: Self.page) {
                try await answer.send(Array(files[start..<min(files.count, start + Self.page)]))
            }
        case .offer(var offer):
            offer.attempt = nil
            let asked = offer
            try await answer.send(
                blocking { () throws(SweepError) in try artifacts.consider(asked, aliases: asked.aliases ?? []) })
        case .write(let chunk):
            try await answer.send(blocking { () throws(SweepError) in artifacts.write(chunk) })
        case .read(let digest, let start):
            var offset = start
            while true {
                let bytes = try await blocking { [offset] () throws(SweepError) in
                    try artifacts.read(digest, offset: offset, limit: BlobChunk.maximumSize)
                }
                if bytes.isEmpty { return }
                try await answer.send(
                    BlobChunk(digest: digest, offset: offset, base64: Data(bytes).base64EncodedString()))
                offset += bytes.count
            }
        case .remove(let reference, let sweep, let all):
            let (stored, _) = try await artifact(reference, in: sweep)
            let freed = try await blocking { [store = parts.store] () throws(SweepError) in
                let versions =
                    all ? try store.artifacts(name: stored.name).filter { $0.sweep == stored.sweep } : [stored]
                return try artifacts.remove(versions)
            }
            try await answer.send(freed)
        case .collect:
            try await answer.send(blocking { () throws(SweepError) in try artifacts.collect() })
        }
    }

    func artifactRows(sweep: SweepID? = nil, name: String? = nil) async throws -> [ArtifactRow] {
        let (all, goals) = try await storedArtifacts(sweep: sweep, name: name)
        return ArtifactShelf(all) { goals[$0] }.rows
    }

    private func storedArtifacts(
        sweep: SweepID? = nil, name: String? = nil
    ) async throws -> (all: [StoredArtifact], goals: [SweepID: Objective.Goal]) {
        let all = try await blocking { [store = parts.store] () throws(SweepError) in
            try store.artifacts(sweep: sweep, name: name)
        }
        var goals: [SweepID: Objective.Goal] = [:]
        for sweep in Set(all.compactMap(\.sweep)) { goals[sweep] = parts.catalogue[sweep]?.objective?.goal }
        return (all, goals)
    }

    /// The version that `text` names; `sweep`: where it is looked for before elsewhere.
    func artifact(_ text: String, in sweep: String?) async throws -> (StoredArtifact, ArtifactRow) {
        guard let reference = ArtifactReference(text) else {
            throw SweepError(
                .usage, "'\(text.prefix(80))' names no artifact",
                remedy: "write NAME, NAME:v3, NAME:latest or NAME:best, with SWEEP/ before it where that is needed")
        }
        var own: SweepID?
        if let wanted = reference.sweep ?? sweep { own = try await find(wanted).id }
        let (all, goals) = try await storedArtifacts(name: reference.name)
        return try ArtifactShelf(all) { goals[$0] }.find(reference, own: own)
    }
}
