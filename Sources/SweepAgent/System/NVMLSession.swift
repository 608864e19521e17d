import Glibc
import SweepWire

/// NVIDIA's management library, held open to be asked again and again. Types and values are those of nvml.h (API reference;
/// NVML 11 and later keep them).
///
/// Each is used by one thread: `SystemSampler`'s, or that of `GPUMemory`'s queue.
final class NVMLSession: @unchecked Sendable {
    private typealias Device = OpaquePointer
    private typealias Plain = @convention(c) () -> Int32
    private typealias Handle = @convention(c) (UInt32, UnsafeMutablePointer<Device?>) -> Int32
    private typealias Number = @convention(c) (Device, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Kind = @convention(c) (Device, UInt32, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Pair = @convention(c) (Device, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Triple = @convention(c) (Device, UnsafeMutablePointer<UInt64>) -> Int32

    private let library: UnsafeMutableRawPointer
    private let handle: Handle
    private let utilization: Pair?
    private let memory: Triple?
    private let temperature: Kind?
    private let power: Number?
    private let powerLimit: Number?
    private let clock: Kind?
    private var devices: [Int: Device] = [:]

    /// nil when the library or its driver is not there.
    init?(library name: String) {
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { return nil }
        func function<T>(_ name: String, _ type: T.Type) -> T? {
            dlsym(library, name).map { unsafeBitCast($0, to: type) }
        }
        guard let start = function("nvmlInit_v2", Plain.self), start() == 0 else {
            dlclose(library)
            return nil
        }
        guard let handle = function("nvmlDeviceGetHandleByIndex_v2", Handle.self) else {
            _ = function("nvmlShutdown", Plain.self)?()
            dlclose(library)
            return nil
        }
        self.library = library
        self.handle = handle
        utilization = function("nvmlDeviceGetUtilizationRates", Pair.self)
        memory = function("nvmlDeviceGetMemoryInfo", Triple.self)
        temperature = function("nvmlDeviceGetTemperature", Kind.self)
        power = function("nvmlDeviceGetPowerUsage", Number.self)
        powerLimit = function("nvmlDeviceGetEnforcedPowerLimit", Number.self)
        clock = function("nvmlDeviceGetClockInfo", Kind.self)
    }

    deinit {
        if let stop = dlsym(library, "nvmlShutdown") { _ = unsafeBitCast(stop, to: Plain.self)() }
        dlclose(library)
    }

    /// What a GPU says of itself, under W&B's names: `gpu`, `memory`, `memoryAllocated` in percent; bytes; degrees Celsius;
    /// watts; megahertz. What it does not say is left out.
    func sample(_ index: Int) -> [(name: String, value: Double)] {
        guard let device = device(index) else { return [] }
        var values: [(name: String, value: Double)] = []
        // nvmlUtilization_t: gpu, memory.
        var rates: [UInt32] = [0, 0]
        if let utilization, utilization(device, &rates) == 0 {
            values += [("gpu", Double(rates[0])), ("memory", Double(rates[1]))]
        }
        // nvmlMemory_t: total, free, used.
        var sizes: [UInt64] = [0, 0, 0]
        if let memory, memory(device, &sizes) == 0, sizes[0] > 0 {
            values.append(("memoryAllocated", 100 * Double(sizes[2]) / Double(sizes[0])))
            values.append(("memoryAllocatedBytes", Double(sizes[2])))
        }
        // NVML_TEMPERATURE_GPU is 0.
        if let degrees = kind(temperature, device, 0) { values.append(("temp", degrees)) }
        // Milliwatts.
        if let watts = number(power, device).map({ $0 / 1000 }) {
            values.append(("powerWatts", watts))
            if let limit = number(powerLimit, device).map({ $0 / 1000 }), limit > 0 {
                values += [("enforcedPowerLimitWatts", limit), ("powerPercent", 100 * watts / limit)]
            }
        }
        // NVML_CLOCK_SM is 1, NVML_CLOCK_MEM is 2.
        if let clock = kind(clock, device, 1) { values.append(("smClock", clock)) }
        if let clock = kind(clock, device, 2) { values.append(("memoryClock", clock)) }
        return values
    }

    /// How much memory of these GPUs is in use, together; nil when the driver does not answer for one of them.
    func memory(of gpus: [GPUInfo]) -> GPUMemory.Reading? {
        var sum = GPUMemory.Reading(used: 0, total: 0)
        for gpu in gpus {
            // nvmlMemory_t: total, free, used.
            var sizes: [UInt64] = [0, 0, 0]
            guard let device = device(gpu.index), let memory, memory(device, &sizes) == 0,
                let total = Int(exactly: sizes[0]), let used = Int(exactly: sizes[2]), total < 1 << 50, used < 1 << 50
            else { return nil }
            sum.used += used
            sum.total += total
        }
        return sum
    }

    private func device(_ index: Int) -> Device? {
        if let device = devices[index] { return device }
        var device: Device?
        guard let number = UInt32(exactly: index), handle(number, &device) == 0 else { return nil }
        devices[index] = device
        return device
    }

    private func number(_ function: Number?, _ device: Device) -> Double? {
        var value: UInt32 = 0
        guard let function, function(device, &value) == 0 else { return nil }
        return Double(value)
    }

    private func kind(_ function: Kind?, _ device: Device, _ kind: UInt32) -> Double? {
        var value: UInt32 = 0
        guard let function, function(device, kind, &value) == 0 else { return nil }
        return Double(value)
    }
}
