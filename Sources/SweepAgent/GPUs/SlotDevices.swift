/// The GPUs of one slot as its trials are told them.
package struct SlotDevices: Hashable, Sendable {
    package enum Vendor: Hashable, Sendable { case nvidia, amd }

    package var vendor: Vendor
    /// Entries of `CUDA_VISIBLE_DEVICES`: an index or a UUID each. Empty for a CPU slot.
    package var entries: [String]

    package init(vendor: Vendor = .nvidia, entries: [String]) {
        self.vendor = vendor
        self.entries = entries
    }

    package static let none = SlotDevices(entries: [])

    /// A CPU slot changes nothing: what the machine shows to a program it shows to the trial.
    package var environment: [String: String] {
        guard !entries.isEmpty else { return [:] }
        let list = entries.joined(separator: ",")
        // By bus order, since that is how NVML and nvidia-smi count; CUDA's own default is "fastest first".
        var environment = ["CUDA_VISIBLE_DEVICES": list, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"]
        // Not ROCR_VISIBLE_DEVICES as well: it filters first, and HIP would then count in what is left.
        if vendor == .amd { environment["HIP_VISIBLE_DEVICES"] = list }
        return environment
    }
}
