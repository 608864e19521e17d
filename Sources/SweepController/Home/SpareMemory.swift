import Glibc

/// What malloc holds and nobody uses.
enum SpareMemory {
    /// Gives it back to the system: after a record was read, of which only a small part stays. Does nothing where the C library has no such call.
    static func giveBack() {
        // Glibc's module does not show <malloc.h>; by name it is found in any C library that has it.
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        typealias Trim = @convention(c) (Int) -> Int32
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
    }
}
