import Glibc
import SweepModel
import SweepWire

/// The machine that a trial runs on. Read once an agent.
enum HostCapture {
    static func members(environment: [String: String]) -> [ParameterValue.Member] {
        var members: [ParameterValue.Member] = []
        func add(_ name: String, _ value: ParameterValue?) { if let value { members.append(.init(name, value)) } }
        add("user", (getpwuid(geteuid())?.pointee.pw_name).map { .string(String(cString: $0)) })
        add("os", osName.map(ParameterValue.string))
        add("kernel", line("/proc/sys/kernel/osrelease").map(ParameterValue.string))
        add("architecture", architecture.map(ParameterValue.string))
        add("cpu", cpu())
        add("memory", memory.map(ParameterValue.int))
        add("driver", driver.map(ParameterValue.string))
        add("container", container.map(ParameterValue.string))
        let slurm = environment.filter { $0.key.hasPrefix("SLURM_JOB") || $0.key.hasPrefix("SLURM_ARRAY") }
        if !slurm.isEmpty {
            add("slurm", .object(slurm.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }))
        }
        return members
    }

    static func members(of gpu: GPUInfo) -> [ParameterValue.Member] {
        var members: [ParameterValue.Member] = [.init("index", .int(gpu.index))]
        if let name = gpu.name { members.append(.init("name", .string(name))) }
        if let uuid = gpu.uuid { members.append(.init("uuid", .string(uuid))) }
        if let memory = gpu.memory { members.append(.init("memory", .int(memory))) }
        return members
    }

    private static func line(_ path: String) -> String? {
        guard let bytes = DiskFile.read(path, limit: 4096) else { return nil }
        let line = bytes.prefix { $0 != 0x0A }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    private static var osName: String? {
        let bytes = DiskFile.read("/etc/os-release", limit: 1 << 14) ?? []
        for line in bytes.split(separator: 0x0A) where line.starts(with: Array("PRETTY_NAME=".utf8)) {
            return String(decoding: line.dropFirst(12), as: UTF8.self).filter { $0 != "\"" }
        }
        return nil
    }

    private static var architecture: String? {
        var name = utsname()
        guard uname(&name) == 0 else { return nil }
        return withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func cpu() -> ParameterValue {
        var model: String?
        var cores: Set<String> = []
        var socket = ""
        for line in (DiskFile.read("/proc/cpuinfo", limit: 4 << 20) ?? []).split(separator: 0x0A) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = String(decoding: line[(colon + 1)...].drop { $0 == 0x20 }, as: UTF8.self)
            let name = String(decoding: line[..<colon], as: UTF8.self)
            if name.hasPrefix("model name"), model == nil { model = value }
            if name.hasPrefix("physical id") { socket = value }
            if name.hasPrefix("core id") { cores.insert("\(socket)/\(value)") }
        }
        let logical = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var members: [ParameterValue.Member] = [
            .init("logical", .int(logical)), .init("cores", .int(cores.isEmpty ? logical : cores.count)),
        ]
        if let model { members.append(.init("model", .string(model))) }
        return .object(members)
    }

    private static var memory: Int? {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        return pages > 0 ? pages.multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE))).partialValue : nil
    }

    /// `NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  …`
    private static var driver: String? {
        guard let line = line("/proc/driver/nvidia/version") else { return nil }
        return line.split(separator: " ").map(String.init)
            .first { $0.first?.isNumber == true && $0.contains(".") && $0.allSatisfy { $0.isNumber || $0 == "." } }
    }

    private static var container: String? {
        if access("/.dockerenv", F_OK) == 0 { return "docker" }
        if access("/run/.containerenv", F_OK) == 0 { return "podman" }
        if getenv("KUBERNETES_SERVICE_HOST") != nil { return "kubernetes" }
        if getenv("APPTAINER_CONTAINER") != nil || getenv("SINGULARITY_CONTAINER") != nil { return "apptainer" }
        return nil
    }
}
