import SweepModel

/// A sweep of trainings in memory: trials report step by step, and its rule stops them or lets them pause and go on.
extension Simulation {
    package struct Trainings: Sendable, Hashable {
        /// After a report that was better than all before: how many steps were trained by then, of all trials, and the true
        /// value of what looks best.
        package var improvements: [Improvement] = []
        /// Steps trained in all.
        package var steps = 0.0
        package var completed = 0
        package var failed = 0
        /// Of those that were stopped: for good, and paused to the end.
        package var stopped = 0
        package var paused = 0

        package struct Improvement: Sendable, Hashable {
            package var steps: Double
            package var best: Double
        }

        /// The best value when so many steps had been trained; nil: there was none yet.
        package func best(after steps: Double) -> Double? {
            let count = improvements.partitionIndex { $0.steps > steps }
            return count > 0 ? improvements[count - 1].best : nil
        }
    }

    private struct Training {
        var trial: Int
        var point: Point
        /// Reports made.
        var done: Int
        /// When the next one is due.
        var next: Double
    }

    /// Most reports of a trial: longer trainings report in longer strides.
    private static let mostReports = 1000

    /// Runs until the search ends.
    ///
    /// - Parameter function: the value of a point after so many steps; nil: its trial fails there.
    package func trainings(
        of run: SearchRun, fidelity: Fidelity, function: (_ point: Point, _ step: Double) -> Double?
    ) -> Trainings {
        var run = run
        var trainings = Trainings()
        let reports = Int(Swift.min(Double(Self.mostReports), Swift.max(1, fidelity.max.rounded())))
        let stride = fidelity.max / Double(reports)
        var (running, clock): ([Training], Double) = ([], 0)
        var (looks, paused): (Double?, Set<Int>) = (nil, [])
        while true {
            while running.count < workers, let asked = run.ask() {
                paused.remove(asked.trial)
                let done = asked.from.map { Int(($0 / stride).rounded()) } ?? 0
                running.append(
                    Training(trial: asked.trial, point: asked.point, done: done, next: clock + length(of: asked.trial)))
            }
            guard let next = running.indices.min(by: { (running[$0].next, $0) < (running[$1].next, $1) }) else { break }
            clock = running[next].next
            running[next].done += 1
            running[next].next += length(of: running[next].trial)
            let training = running[next]
            let step = stride * Double(training.done)
            trainings.steps += stride
            let truth = function(training.point, step).flatMap { $0.isFinite ? $0 : nil }
            guard let truth else {
                // None of these calls can be refused: the trial was asked for and has not ended.
                try? run.tell(training.trial, nil)
                trainings.failed += 1
                running.remove(at: next)
                continue
            }
            let value = noisy(truth, trial: training.trial, report: training.done)
            if looks.map({ run.history.goal.prefers(value, to: $0) }) ?? true {
                looks = value
                trainings.improvements.append(.init(steps: trainings.steps, best: truth))
            }
            if case .stop(let note)? = try? run.report(training.trial, step: step, value: value) {
                if note.isPause == true { paused.insert(training.trial) } else { trainings.stopped += 1 }
                running.remove(at: next)
            } else if training.done >= reports {
                try? run.tell(training.trial, value)
                trainings.completed += 1
                running.remove(at: next)
            }
        }
        trainings.paused = paused.count
        return trainings
    }

    private func noisy(_ truth: Double, trial: Int, report: Int) -> Double {
        guard noise > 0 else { return truth }
        var random = SeededRandom(seed: ~seed, index: trial &* Self.mostReports &+ report)
        return truth + noise * NormalLaw.quantile(random.nextUnit())
    }
}
