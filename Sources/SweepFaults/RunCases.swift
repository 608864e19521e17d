import ArgumentParser
import Foundation
import FoundationEssentials
import Glibc
import Synchronization

/// Runs cases with seeds, some at a time, and prints a table.
struct RunCases: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Run cases of the fault plan.")

    @Option(help: "Where sweep, agent and FaultTrainer are (default: beside this program).")
    var programs: String?

    @Option(parsing: .upToNextOption, help: "Only these cases.")
    var cases: [Int] = []

    @Flag(help: "All 49 (default: those of CI).")
    var all = false

    @Option(parsing: .upToNextOption, help: "Seeds.")
    var seeds: [UInt64] = [1, 2, 3]

    @Option(help: "So many at once.")
    var jobs = 4

    @Flag(help: "Keep the folders of all cases.")
    var keep = false

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let programs = programs ?? Self.ownFolder
        let chosen = FaultCase.all.filter { cases.isEmpty ? all || $0.isQuick : cases.contains($0.number) }
        let queue = Mutex(seeds.flatMap { seed in chosen.map { ($0, seed) } })
        let failures = Mutex(0)
        let start = monotonic()
        let group = DispatchGroup()
        for _ in 0..<max(1, jobs) {
            group.enter()
            let thread = Thread {
                while let (one, seed) = queue.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                    let outcome = Self.run(one, seed: seed, programs: programs, keep: keep)
                    say(outcome.line)
                    if outcome.isFailure { failures.withLock { $0 += 1 } }
                }
                group.leave()
            }
            thread.stackSize = 1 << 21
            thread.start()
        }
        group.wait()
        if all { for number in [44, 45] { say("\(number)  skipped: Slurm comes with a later issue") } }
        let failed = failures.withLock { $0 }
        say(
            "\(chosen.count) cases, \(seeds.count) seeds, \(Int(monotonic() - start)) s: \(failed == 0 ? "all hold" : "\(failed) failed")"
        )
        if failed > 0 { throw ExitCode(1) }
    }

    static let ownFolder: String = {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }()

    private struct Outcome {
        var line: String
        var isFailure: Bool
    }

    private static func run(_ one: FaultCase, seed: UInt64, programs: String, keep: Bool) -> Outcome {
        let title = "\(one.number < 10 ? " " : "")\(one.number)  seed \(seed)  \(one.name)"
        let start = monotonic()
        do {
            let rig = try Rig(programs: programs, seed: seed &* 1000 &+ UInt64(one.number), name: "\(one.number)")
            var skipped: String?
            do {
                try one.run(rig)
            } catch let error as SkippedCase {
                skipped = error.reason
            } catch {
                rig.findings.append("\(error)")
            }
            let isFailure = !rig.findings.isEmpty
            rig.close(keeping: keep || isFailure)
            let seconds = String(format: "%5.1f s", monotonic() - start)
            if let skipped { return Outcome(line: "\(seconds)  skipped  \(title): \(skipped)", isFailure: false) }
            let figures = rig.figures.isEmpty ? "" : "  [\(rig.figures.joined(separator: "; "))]"
            if !isFailure { return Outcome(line: "\(seconds)  holds    \(title)\(figures)", isFailure: false) }
            let list = rig.findings.map { "\n           \($0)" }.joined()
            return Outcome(line: "\(seconds)  FAILED   \(title)\(figures)  (\(rig.folder))\(list)", isFailure: true)
        } catch {
            return Outcome(line: "         FAILED   \(title): \(error)", isFailure: true)
        }
    }
}
