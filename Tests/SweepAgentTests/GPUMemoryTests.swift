import Glibc
import SweepModel
import SweepWire
import Testing

@testable import SweepAgent

@Suite struct GPUMemoryTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func slots(_ gpus: [[Int]]) -> [AgentSlot] {
        gpus.enumerated().map { index, gpus in
            AgentSlot(info: SlotInfo(index: index, gpus: gpus.map { GPUInfo(index: $0) }))
        }
    }

    /// A library that reads what is in use, in MiB, from the file `used`; no number: the driver fails.
    private func library() throws -> String {
        let source = try folder.write(
            "nvml.c",
            """
            #include <stdio.h>
            static int devices[8];
            int nvmlInit_v2(void) { return 0; }
            int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { *device = &devices[index]; return 0; }
            int nvmlDeviceGetMemoryInfo(void *d, unsigned long long *m) {
                (void)d;
                FILE *file = fopen("\(folder.path)/used", "r");
                if (!file || fscanf(file, "%llu", &m[2]) != 1) { if (file) fclose(file); return 15; }
                fclose(file);
                m[2] <<= 20; m[0] = 40960ull << 20; m[1] = m[0] - m[2];
                return 0;
            }
            """)
        let library = folder.path + "/libnvml.so"
        #expect(system("cc -shared -fPIC -o \(library) \(source)") == 0)
        return library
    }

    private func setUsed(_ text: String) throws { try DiskFile.replace(folder.path + "/used", Array(text.utf8)) }

    private func memory(_ gpus: [[Int]]) async throws -> GPUMemory? {
        await GPUMemory.make(slots(gpus), vendor: .nvidia, environment: ["SWEEP_NVML": try library()])
    }

    @Test func `memory is back when it is what it was before the trials`() async throws {
        try setUsed("500")
        let memory = try #require(try await memory([[0], [1, 2]]))
        #expect(memory.watches(0) && memory.watches(1))
        try setUsed("9000")
        let held = try #require(await memory.read(0))
        #expect(held.used == 9000 << 20)
        #expect(!memory.isBack(held, 0))
        #expect(memory.baseline(0) == 500 << 20)
        #expect(try #require(await memory.read(1)).used == 18000 << 20)
        // Some drivers keep a little for themselves; less than before is as good.
        try setUsed("600")
        #expect(memory.isBack(try #require(await memory.read(0)), 0))
        try setUsed("100")
        #expect(memory.isBack(try #require(await memory.read(0)), 0))
        #expect(memory.baseline(0) == 100 << 20)
        try setUsed("")
        #expect(await memory.read(0) == nil)
    }

    @Test func `a person's word makes what is in use the new measure`() async throws {
        try setUsed("0")
        let memory = try #require(try await memory([[0]]))
        try setUsed("9000")
        let held = try #require(await memory.read(0))
        memory.accept(held, 0)
        #expect(memory.isBack(held, 0))
    }

    @Test func `a GPU of several slots, and a slot without one, are not watched`() async throws {
        try setUsed("0")
        #expect(try await memory([[0], [0]]) == nil)
        #expect(try await memory([[]]) == nil)
        let memory = try #require(try await memory([[0], [1], [1]]))
        #expect(memory.watches(0) && !memory.watches(1) && !memory.watches(2))
    }

    @Test func `nvidia-smi's numbers are added up, and a GPU that is missing is no number`() {
        let text = "0, 3, 100\n1, 5, 100\nx\n2, -1, 5\n"
        #expect(
            NvidiaSMI.sum(text, of: [GPUInfo(index: 0), GPUInfo(index: 1)])
                == GPUMemory.Reading(used: 8 << 20, total: 200 << 20))
        #expect(NvidiaSMI.sum(text, of: [GPUInfo(index: 2)]) == nil)
        #expect(NvidiaSMI.sum("", of: [GPUInfo(index: 0)]) == nil)
    }
}
