import SweepWire

/// AMD's GPUs, as its kernel driver lists them: the nodes with compute units.
enum AMDTopology {
    static let nodes = "/sys/class/kfd/kfd/topology/nodes"

    static func gpus() -> [GPUInfo] {
        let names = DiskFile.names(in: nodes).compactMap { Int($0) }.sorted()
        let gpus = names.filter { node in
            guard let bytes = DiskFile.read("\(nodes)/\(node)/properties", limit: 1 << 16) else { return false }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains { line in
                line.hasPrefix("simd_count ") && !line.hasSuffix(" 0")
            }
        }
        return gpus.indices.map { GPUInfo(index: $0) }
    }
}
