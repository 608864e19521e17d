import Glibc
import SweepWire

/// NVIDIA's management library kept open, for readings between trials: to load and initialise it anew takes longer than a
/// trial may wait. Used by one thread at a time.
final class NVMLSession: @unchecked Sendable {  // Guarded by the one queue of GPUMemory.
    private typealias Device = OpaquePointer
    private typealias Plain = @convention(c) () -> Int32
    private typealias ByIndex = @convention(c) (UInt32, UnsafeMutablePointer<Device?>) -> Int32
    private typealias ByName = @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<Device?>) -> Int32
    private typealias Memory = @convention(c) (Device, UnsafeMutablePointer<UInt64>) -> Int32

    private let library: UnsafeMutableRawPointer
    private let byIndex: ByIndex
    private let byName: ByName?
    private let memory: Memory

    /// nil when the library, its driver or a function is not there.
    init?(library name: String) {
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { return nil }
        func function<T>(_ name: String, _ type: T.Type) -> T? {
            dlsym(library, name).map { unsafeBitCast($0, to: type) }
        }
        guard let start = function("nvmlInit_v2", Plain.self), start() == 0,
            let byIndex = function("nvmlDeviceGetHandleByIndex_v2", ByIndex.self),
            let memory = function("nvmlDeviceGetMemoryInfo", Memory.self)
        else {
            dlclose(library)
            return nil
        }
        self.library = library
        self.byIndex = byIndex
        byName = function("nvmlDeviceGetHandleByUUID", ByName.self)
        self.memory = memory
    }

    deinit { dlclose(library) }

    func memory(of gpus: [GPUInfo]) -> GPUMemory.Reading? {
        var sum = GPUMemory.Reading(used: 0, total: 0)
        for gpu in gpus {
            // nvmlMemory_t: total, free, used.
            var sizes: [UInt64] = [0, 0, 0]
            guard let device = device(gpu), memory(device, &sizes) == 0, let total = Int(exactly: sizes[0]),
                let used = Int(exactly: sizes[2]), total < 1 << 50, used < 1 << 50
            else { return nil }
            sum.used += used
            sum.total += total
        }
        return sum
    }

    private func device(_ gpu: GPUInfo) -> Device? {
        var device: Device?
        if let uuid = gpu.uuid, let byName, byName(uuid, &device) == 0, let device { return device }
        guard let index = UInt32(exactly: gpu.index), byIndex(index, &device) == 0 else { return nil }
        return device
    }
}
