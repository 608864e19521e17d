/// What the shim reads: NUL-ended records (see TrialShim/launch_file.c). No shell and no limit of a command line is
/// between the agent and the trainer.
package enum LaunchFile {
    package static func encode(_ plan: LaunchPlan) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8192)
        func append(_ record: String) {
            // execve could not take a NUL either: the text ends there for the trainer in any case.
            bytes.append(contentsOf: record.utf8.prefix { $0 != 0 })
            bytes.append(0)
        }
        append("sweep-launch-1")
        append(plan.executable)
        append(plan.directory)
        append(String(plan.argv.count))
        plan.argv.forEach(append)
        append(String(plan.environment.count))
        for (name, value) in plan.environment.sorted(by: { $0.key < $1.key }) {
            append("\(name)=\(value)")
        }
        append(plan.runAs?.record ?? "")
        return bytes
    }
}
