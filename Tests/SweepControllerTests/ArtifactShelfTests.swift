import SweepModel
import SweepWire
import Testing

@testable import SweepController
@testable import SweepStore

/// What versions are called, and which one a name means.
@Suite struct ArtifactShelfTests {
    private static let sweep = SweepID("abcd2345")
    private static let other = SweepID("efgh2345")

    private static func version(
        _ number: Int, _ name: String = "model", sweep: SweepID? = sweep, trial: Int = 1, objective: Double? = nil,
        aliases: [String] = [], uses: [AttemptID] = [], isFinal: Bool = true
    ) -> StoredArtifact {
        StoredArtifact(
            id: Int64(number * 100 + (sweep == nil ? 1 : sweep == Self.sweep ? 2 : 3)), name: name, version: number,
            sweep: sweep, attempt: sweep.map { AttemptID(TrialID($0, trial), 1) }, type: nil, manifest: "", size: 1,
            files: 1, metadata: nil, created: Timestamp(milliseconds: Int64(number)), aliases: aliases,
            objective: objective, uses: uses, isFinal: isFinal)
    }

    private func find(
        _ text: String, in all: [StoredArtifact], own: SweepID? = nil, goal: Objective.Goal? = .minimize
    ) throws -> Int {
        let reference = try #require(ArtifactReference(text))
        return try ArtifactShelf(all) { $0 == Self.sweep ? goal : nil }.find(reference, own: own).0.version
    }

    @Test func `best is the best trial's last, latest the newest, and an alias is whose it is`() throws {
        let all = [
            Self.version(4, trial: 4), Self.version(3, trial: 3, objective: 2),
            Self.version(2, trial: 2, objective: 1, aliases: ["prod"]), Self.version(1, trial: 2, objective: 1),
            Self.version(0, trial: 1, objective: 3),
        ]
        #expect(try find("model", in: all) == 4)
        #expect(try find("model:latest", in: all) == 4)
        #expect(try find("model:best", in: all) == 2)
        #expect(try find("model:best", in: all, goal: .maximize) == 0)
        #expect(try find("model:prod", in: all) == 2)
        #expect(try find("model:v3", in: all) == 3)
        let rows = ArtifactShelf(all) { _ in .minimize }.rows
        #expect(rows.map(\.aliases) == [["latest"], [], ["best", "prod"], [], []])
    }

    @Test func `of trials that are as good the first is best`() throws {
        let all = [Self.version(1, trial: 2, objective: 1), Self.version(0, trial: 1, objective: 1)]
        #expect(try find("model:best", in: all) == 0)
    }

    @Test func `a sweep's own comes first, then a person's, then the newest sweep's`() throws {
        let persons = Self.version(7, sweep: nil)
        let all = [Self.version(9, sweep: Self.other), persons, Self.version(5)]
        #expect(try find("model", in: all, own: Self.sweep) == 5)
        #expect(try find("model", in: all) == 7)
        #expect(try find("model", in: all.filter { $0 != persons }) == 9)
        #expect(try find("\(Self.other)/model", in: all, own: Self.other) == 9)
    }

    @Test func `of a rule's versions the rest is surplus, but for what somebody needs`() {
        let user = AttemptID(TrialID(Self.other, 1), 1)
        let all = [
            Self.version(8, trial: 9, isFinal: false), Self.version(7, trial: 8),
            Self.version(6, trial: 7, objective: 4),
            Self.version(5, trial: 6, objective: 9, uses: [user]),
            Self.version(4, trial: 5, objective: 8, aliases: ["prod"]),
            Self.version(3, trial: 4, objective: 1), Self.version(2, trial: 3, objective: 2),
            Self.version(1, trial: 2, objective: 2), Self.version(0, trial: 1, objective: 3),
            Self.version(50, "logs", trial: 1, objective: 3),
        ]
        func surplus(_ rules: KeepRules, _ goal: Objective.Goal = .minimize) -> [Int] {
            ArtifactShelf.surplus(of: all, rules, goal).filter { $0.name == "model" }.map(\.version)
        }
        #expect(surplus(KeepRules()) == [])
        #expect(surplus(KeepRules(usual: .best(2))) == [7, 6, 2, 0])
        #expect(surplus(KeepRules(usual: .best(1), named: ["model": .best(4)])) == [7, 6])
        #expect(surplus(KeepRules(usual: .best(1)), .maximize) == [7, 6, 3, 2, 1, 0])
        #expect(surplus(KeepRules(named: ["model": .latest(3)])) == [3, 2, 1, 0])
        #expect(surplus(KeepRules(named: ["logs": .best(1)])) == [])
        #expect(ArtifactShelf.surplus(of: all, KeepRules(usual: .best(1)), nil).isEmpty)
    }

    @Test func `what is not there is said in words`() throws {
        let all = [Self.version(1)]
        for text in ["model:best", "model:v2", "model:prod", "data", "efgh2345/model"] {
            let error = #expect(throws: SweepError.self) {
                try find(text, in: all, own: text.contains("/") ? Self.other : nil)
            }
            #expect(error?.category == .notFound)
            #expect(error?.remedy != nil)
        }
        for text in ["", "a/b/c", "a:b:c", "..", "a/", "/a", "a:", "a b"] {
            #expect(ArtifactReference(text) == nil, "\(text)")
        }
    }
}
