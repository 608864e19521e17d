package import SweepWire

/// The GPUs of this machine.
package struct GPUInventory: Hashable, Sendable {
    package var gpus: [GPUInfo]
    package var vendor: SlotDevices.Vendor

    package init(gpus: [GPUInfo], vendor: SlotDevices.Vendor = .nvidia) {
        self.gpus = gpus
        self.vendor = vendor
    }

    package static let none = GPUInventory(gpus: [])

    /// By NVML, else by nvidia-smi, else AMD's driver; none of them: no GPUs.
    package static func detect(environment: [String: String]) async -> GPUInventory {
        if let gpus = NVML.gpus(library: environment["SWEEP_NVML"] ?? "libnvidia-ml.so.1") {
            return GPUInventory(gpus: gpus)
        }
        if let gpus = await NvidiaSMI.gpus() { return GPUInventory(gpus: gpus) }
        let amd = AMDTopology.gpus()
        return amd.isEmpty ? .none : GPUInventory(gpus: amd, vendor: .amd)
    }
}
