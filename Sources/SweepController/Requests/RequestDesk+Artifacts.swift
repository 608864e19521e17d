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

    // MARK: Inputs

    /// Tells an agent what its trial is given, and notes the use.
    func give(_ request: InputRequest, to agent: AgentID, _ connection: PeerConnection, cost: Int) {
        answer(connection, cost: cost) { [self] in
            var answer = InputAnswer(attempt: request.attempt)
            do {
                answer.inputs = try await inputs(request, of: agent)
            } catch let error as SweepError {
                answer.problem = error
            } catch {
                // The connection has ended.
                return
            }
            connection.send([.agent(.inputs(answer))])
        }
    }

    private func inputs(_ request: InputRequest, of agent: AgentID) async throws -> [InputVersion] {
        let attempt = request.attempt
        guard request.references.count <= ArtifactInput.maximum else {
            throw SweepError(.usage, "a trial is given at most \(ArtifactInput.maximum) artifacts")
        }
        var found: [StoredArtifact] = []
        for reference in request.references { found.append(try await input(reference, of: attempt.trial.sweep)) }
        return try await blocking { [store = parts.store, artifacts = parts.artifacts, found] () throws(SweepError) in
            guard try store.attempts(attempt.trial).first(where: { $0.id == attempt })?.agent == agent else {
                throw SweepError(.notFound, "this agent has no such attempt")
            }
            var versions: [InputVersion] = []
            for (artifact, reference) in zip(found, request.references) {
                guard let size = artifacts.size(of: artifact.manifest) else {
                    throw SweepError(.notFound, "the files of artifact '\(reference)' are not there any more")
                }
                try store.noteUse(of: artifact.id, by: attempt, at: SystemClock.now().wall)
                let scope = artifact.sweep.map { "\($0)/" } ?? ""
                versions.append(
                    InputVersion(
                        reference: reference, version: "\(scope)\(artifact.name):v\(artifact.version)",
                        manifest: artifact.manifest, size: size))
            }
            return versions
        }
    }

    /// What `reference` means for a trial of `sweep`: never what that sweep itself has made, unless it says so. Else what a
    /// sweep is given would change once it makes something of the same name.
    func input(_ reference: String, of sweep: SweepID?) async throws -> StoredArtifact {
        try await artifact(reference, in: nil, except: sweep).0
    }

    /// The version that `text` names; `sweep`: where it is looked for before elsewhere; `other`: where it is not looked for
    /// unless it is named.
    func artifact(
        _ text: String, in sweep: String?, except other: SweepID? = nil
    ) async throws -> (StoredArtifact, ArtifactRow) {
        guard let reference = ArtifactReference(text) else {
            throw SweepError(
                .usage, "'\(text.prefix(80))' names no artifact",
                remedy: "write NAME, NAME:v3, NAME:latest or NAME:best, with SWEEP/ before it where that is needed")
        }
        var own: SweepID?
        if let wanted = reference.sweep ?? sweep { own = try await find(wanted).id }
        var (all, goals) = try await storedArtifacts(name: reference.name)
        if own == nil, let other { all.removeAll { $0.sweep == other } }
        return try ArtifactShelf(all) { goals[$0] }.find(reference, own: own)
    }
}
