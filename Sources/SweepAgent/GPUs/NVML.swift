import Glibc
package import SweepWire

/// NVIDIA's management library, loaded at run time: an agent runs on machines without it. The functions and their types
/// are those of nvml.h (API reference, NVML 11 and later keep them).
package enum NVML {
    private typealias Device = OpaquePointer
    private typealias Plain = @convention(c) () -> Int32
    private typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Handle = @convention(c) (UInt32, UnsafeMutablePointer<Device?>) -> Int32
    private typealias Text = @convention(c) (Device, UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias Memory = @convention(c) (Device, UnsafeMutablePointer<UInt64>) -> Int32

    /// The GPUs in bus order; nil when the library or its driver is not there.
    package static func gpus(library name: String) -> [GPUInfo]? {
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { return nil }
        defer { dlclose(library) }
        func function<T>(_ name: String, _ type: T.Type) -> T? {
            dlsym(library, name).map { unsafeBitCast($0, to: type) }
        }
        guard let start = function("nvmlInit_v2", Plain.self), start() == 0 else { return nil }
        defer { _ = function("nvmlShutdown", Plain.self)?() }
        var count: UInt32 = 0
        guard let counter = function("nvmlDeviceGetCount_v2", Count.self), counter(&count) == 0,
            let handle = function("nvmlDeviceGetHandleByIndex_v2", Handle.self)
        else { return nil }
        let uuid = function("nvmlDeviceGetUUID", Text.self)
        let product = function("nvmlDeviceGetName", Text.self)
        let memory = function("nvmlDeviceGetMemoryInfo", Memory.self)
        return (0..<min(count, 1024)).map { index in
            var device: Device?
            guard handle(index, &device) == 0, let device else { return GPUInfo(index: Int(index)) }
            return GPUInfo(
                index: Int(index), uuid: uuid.flatMap { text($0, device) }, name: product.flatMap { text($0, device) },
                memory: memory.flatMap { total($0, device) })
        }
    }

    private static func text(_ function: Text, _ device: Device) -> String? {
        var buffer = [CChar](repeating: 0, count: 97)
        guard function(device, &buffer, 96) == 0 else { return nil }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// nvmlMemory_t: total, free, used.
    private static func total(_ function: Memory, _ device: Device) -> Int? {
        var sizes: [UInt64] = [0, 0, 0]
        return function(device, &sizes) == 0 ? Int(exactly: sizes[0]) : nil
    }
}
