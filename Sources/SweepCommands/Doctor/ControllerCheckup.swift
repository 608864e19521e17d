import Glibc
import SweepModel
import SweepWire

/// What `sweep doctor` learns from the controller, and of its port.
struct ControllerCheckup: Sendable {
    var common: CommonOptions
    var session: Session

    func findings() async -> [Finding] {
        let address: ControllerAddress?
        do throws(SweepError) {
            let named = try ControllerAddress.named(common, session)
            if let named {
                address = named
            } else {
                address = try ControllerAddress.local(common, session)
            }
        } catch {
            return [Finding("controller", .problem, error.message, remedy: error.remedy)]
        }
        if let address { return await ask(address) }
        return [Finding("controller", .ok, "none runs; 'sweep create' starts one"), port()]
    }

    private func ask(_ address: ControllerAddress) async -> [Finding] {
        do {
            let status = try await Client.connected(to: address) {
                try await $0.one(.status, as: ControllerStatus.self)
            }
            var findings = [Finding("controller", .ok, "answers at \(address.text)")]
            findings.append(
                status.build == SweepBuild.version
                    ? Finding("version", .ok, status.build)
                    : Finding(
                        "version", .warning,
                        "the controller is of version \(status.build), 'sweep' of \(SweepBuild.version)",
                        remedy: "start it anew: sweep controller stop; sweep controller start"))
            if let problem = status.problem {
                findings.append(
                    Finding("record", .problem, problem, remedy: "nothing is handed out until that is mended")
                )
            }
            if status.insecure == true {
                findings.append(
                    Finding(
                        "TLS", .problem, "the controller takes connections without TLS from other machines",
                        remedy: "start it without --insecure, and let agents join: sweep join"))
            }
            return findings
        } catch let error as SweepError {
            return [Finding("controller", .problem, error.message, remedy: error.remedy)]
        } catch {
            return [Finding("controller", .problem, "\(error)")]
        }
    }

    /// Whether a controller could have the usual port.
    private func port() -> Finding {
        let number = ControllerAddress.defaultPort
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard file >= 0 else {
            return Finding("port", .problem, "no socket: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var yes: Int32 = 1
        setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(number).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return bound == 0
            ? Finding("port", .ok, "\(number) is free")
            : Finding(
                "port", .warning,
                "another program has port \(number) (perhaps a controller of another home)",
                remedy: "a controller takes any free one; to name one: sweep controller start --port N")
    }
}
