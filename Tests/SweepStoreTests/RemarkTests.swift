import SweepModel
import Testing

@testable import SweepStore

/// Notes, tags and stars.
@Suite struct RemarkTests {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store.open(folder.file("sweep.db"))
        try store.apply(Sample.running)
    }

    @Test func `remarks of a sweep and its trials are kept, changed in part, and go with the sweep`() throws {
        try store.remark(
            Sample.sweep, trial: nil, RemarkChange(note: "ünï", addedTags: ["b", "a"]), at: Sample.time(1))
        try store.remark(Sample.sweep, trial: 1, RemarkChange(star: true), at: Sample.time(2))
        let changed = try store.remark(
            Sample.sweep, trial: nil, RemarkChange(addedTags: ["c"], removedTags: ["a"]), at: Sample.time(3))
        #expect(changed == Remark(note: "ünï", tags: ["b", "c"]))
        #expect(try store.remarks(Sample.sweep) == [0: changed, 1: Remark(star: true)])
        #expect(try store.sweepRemarks() == [Sample.sweep: changed])
        try store.remark(Sample.sweep, trial: 1, RemarkChange(star: false), at: Sample.time(4))
        #expect(try store.remarks(Sample.sweep).count == 1)
        try store.apply([.sweepDeleted(Sample.sweep)])
        #expect(try store.remarks(Sample.sweep).isEmpty)
    }

    @Test func `trials are found, shown and exported by what is said of them`() throws {
        try store.remark(
            Sample.sweep, trial: 1, RemarkChange(note: "lr too high", addedTags: ["slow", "a b"], star: true),
            at: Sample.time(1))
        let trials = try store.allTrials(Sample.sweep)
        #expect(trials.first?.remark == Remark(note: "lr too high", tags: ["a b", "slow"], star: true))
        let columns = try TrialColumns(trials)
        for filter in ["star", "note LIKE '%HIGH%'", "tags LIKE '% slow %'"] {
            #expect(try columns.rows(where: filter) == [0], "\(filter)")
        }
        #expect(try columns.rows(where: "tags LIKE '% slo %'").isEmpty)
        let asked = try store.query("SELECT number FROM trials WHERE star", sweep: nil, limit: 10)
        #expect(asked.rows == [[.int(1)]])
    }

    @Test func `nothing is said of what does not exist`() throws {
        let trial = #expect(throws: SweepError.self) {
            try store.remark(Sample.sweep, trial: 9, RemarkChange(star: true), at: Sample.time(1))
        }
        #expect(trial?.category == .notFound)
        #expect(throws: SweepError.self) {
            try store.remark(SweepID("zzzzzzzz"), trial: nil, RemarkChange(star: true), at: Sample.time(1))
        }
    }

    @Test(arguments: [
        RemarkChange(note: String(repeating: "x", count: RemarkChange.longestNote + 1)), RemarkChange(addedTags: [""]),
        RemarkChange(addedTags: ["a\nb"]), RemarkChange(addedTags: [String(repeating: "x", count: 101)]),
        RemarkChange(addedTags: (0...50).map { "\($0)" }),
    ])
    func `a remark has bounds`(change: RemarkChange) throws {
        let error = #expect(throws: SweepError.self) {
            try store.remark(Sample.sweep, trial: nil, change, at: Sample.time(1))
        }
        #expect(error?.category == .usage)
        #expect(try store.remarks(Sample.sweep).isEmpty)
    }
}
