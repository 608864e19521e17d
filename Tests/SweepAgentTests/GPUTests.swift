import Glibc
import SweepAgent
import SweepModel
import SweepWire
import Testing

@Suite struct GPUTests {
    private let two = GPUInventory(gpus: [
        GPUInfo(index: 0, uuid: "GPU-aaaa", name: "A100"), GPUInfo(index: 1, uuid: "GPU-bbbb", name: "H100"),
    ])

    private func entries(
        _ gpus: [String], cpus: Int? = nil, _ inventory: GPUInventory, outer: String? = nil
    ) throws -> [[String]] {
        try SlotPlan.make(gpus: gpus, cpus: cpus, inventory: inventory, outer: outer).slots.map(\.devices.entries)
    }

    @Test func `without an option every GPU is a slot, and a machine without GPUs is one`() throws {
        #expect(try entries([], two) == [["0"], ["1"]])
        #expect(try entries([], .none) == [[]])
    }

    @Test func `slots are what the command line says`() throws {
        #expect(try entries(["0,1"], two) == [["0", "1"]])
        #expect(try entries(["1", "0"], two) == [["1"], ["0"]])
        #expect(try entries(["all"], two) == [["0"], ["1"]])
        #expect(throws: SweepError.self) { try entries(["all"], cpus: 1, two) }
        #expect(try entries([], cpus: 3, two) == [[], [], []])
    }

    @Test func `a GPU that does not exist is refused with those that do`() {
        let error = #expect(throws: SweepError.self) { try entries(["3"], two) }
        #expect(error?.message == "--gpu 3: there is no such GPU; there are 0 (A100), 1 (H100)")
        for text in ["x", "-1", "0,", "0,0", ""] {
            #expect(throws: SweepError.self, "\(text)") { try entries([text], two) }
        }
        #expect(throws: SweepError.self) { try entries(["all"], .none) }
        #expect(throws: SweepError.self) { try entries([], cpus: 0, two) }
    }

    @Test func `a machine on which none is seen still sets the variable, with a note`() throws {
        let plan = try SlotPlan.make(gpus: ["0"], cpus: nil, inventory: .none, outer: nil)
        #expect(plan.slots[0].devices.environment["CUDA_VISIBLE_DEVICES"] == "0")
        #expect(plan.notes.count == 1)
    }

    @Test func `an outer CUDA_VISIBLE_DEVICES is counted in, as under Slurm`() throws {
        #expect(try entries([], two, outer: "1") == [["1"]])
        #expect(try entries(["0"], two, outer: "GPU-bbbb") == [["GPU-bbbb"]])
        #expect(throws: SweepError.self) { try entries(["1"], two, outer: "1") }
        #expect(try entries([], two, outer: "") == [[]])
        #expect(try entries([], two, outer: "0,-1,1") == [["0"]])
        let plan = try SlotPlan.make(gpus: [], cpus: nil, inventory: two, outer: "GPU-bb")
        #expect(plan.slots[0].info.gpus.first?.name == "H100")
    }

    @Test func `nvidia-smi's table is read`() {
        let text = "0, GPU-a, NVIDIA A100, 40960\r\n1, GPU-b, X, Y, 81559\nNo devices were found\n,,,\n"
        #expect(
            NvidiaSMI.parse(text) == [
                GPUInfo(index: 0, uuid: "GPU-a", name: "NVIDIA A100", memory: 40960 << 20),
                GPUInfo(index: 1, uuid: "GPU-b", name: "X, Y", memory: 81559 << 20),
            ])
    }

    @Test func `NVML is loaded from a library`() throws {
        let folder = try TemporaryFolder()
        let source = try folder.write(
            "nvml.c",
            """
            #include <stdio.h>
            #include <string.h>
            static int devices[2];
            int nvmlInit_v2(void) { return 0; }
            int nvmlShutdown(void) { return 0; }
            int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
            int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { *device = &devices[index]; return 0; }
            int nvmlDeviceGetUUID(void *d, char *text, unsigned n) { snprintf(text, n, "GPU-%d", (int)((int *)d - devices)); return 0; }
            int nvmlDeviceGetName(void *d, char *text, unsigned n) { (void)d; memset(text, 'x', n); return 0; }
            int nvmlDeviceGetMemoryInfo(void *d, unsigned long long *m) { (void)d; m[0] = 5; return 0; }
            """)
        let library = folder.path + "/libnvml.so"
        #expect(system("cc -shared -fPIC -o \(library) \(source)") == 0)
        let gpus = try #require(NVML.gpus(library: library))
        #expect(gpus.map(\.uuid) == ["GPU-0", "GPU-1"])
        #expect(gpus.map(\.memory) == [5, 5])
        #expect(gpus[0].name?.count == 96)
        #expect(NVML.gpus(library: "/nonexistent") == nil)
    }
}

@Suite struct AgentIdentityTests {
    @Test func `two agents of one home need two names, and one keeps its identity`() throws {
        let folder = try TemporaryFolder()
        let home = SweepHome(path: folder.path)
        let first = try AgentIdentity.claim(nil, host: "box", home: home)
        let second = try AgentIdentity.claim(nil, host: "box", home: home)
        #expect([first.name, second.name] == ["box", "box-2"])
        #expect(throws: SweepError.self) { try AgentIdentity.claim("box", host: "box", home: home) }
        first.release()
        let again = try AgentIdentity.claim("box", host: "box", home: home)
        #expect(again.id == first.id && again.id != second.id)
        for name in ["", "../x", ".x", "a/b", "-x", "a b", String(repeating: "a", count: 65)] {
            #expect(throws: SweepError.self, "\(name)") { try AgentIdentity.claim(name, host: "box", home: home) }
        }
        again.release()
        second.release()
    }

    @Test func `a start knows those before it, in its own folder and in no copy of it`() throws {
        let folder = try TemporaryFolder()
        let home = SweepHome(path: folder.path)
        var starts: [String] = []
        for _ in 0..<20 {
            let identity = try AgentIdentity.claim("box", host: "box", home: home)
            #expect(identity.predecessors == Array(starts.prefix(16)))
            starts.insert(identity.incarnation, at: 0)
            identity.release()
        }
        #expect(Set(starts).count == 20)
        let copy = SweepHome(path: folder.path + "/copy")
        for name in ["id", "starts"] {
            let bytes = try #require(DiskFile.read("\(home.agentFolder("box"))/\(name)"))
            try folder.write("copy/agents/box/\(name)", String(decoding: bytes, as: UTF8.self))
        }
        let clone = try AgentIdentity.claim("box", host: "box", home: copy)
        #expect(clone.predecessors.isEmpty)
        clone.release()
    }

    @Test func `addresses are read`() {
        #expect(Endpoint.parse("gpu1:80").map { [$0.host, "\($0.port)"] } == ["gpu1", "80"])
        #expect(Endpoint.parse("gpu1")?.port == Endpoint.defaultPort)
        #expect(Endpoint.parse("[::1]:9")?.host == "::1")
        #expect(Endpoint.parse("::1")?.host == "::1")
        for text in ["", ":", "a:0", "a:70000", "a:b", "http://a"] { #expect(Endpoint.parse(text) == nil, "\(text)") }
    }
}
