import Glibc
import SweepModel
import SweepWire

/// The home's folders, and `controller.json`.
enum HomeFolder {
    static func make(_ path: String, mode: mode_t = 0o700) throws(SweepError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, mode) != 0, errno != EEXIST {
                // An existing folder on the way may refuse mkdir with another error (read-only, no permission).
                let number = errno
                guard FileFacts(made) != nil else {
                    throw SweepError(
                        isForWantOfRoom(number) ? .tryAgain : .denied, "\(path) cannot be made: \(systemError(number))",
                        remedy: "choose another folder with SWEEP_HOME")
                }
            }
        }
        guard FileFacts(path)?.isFolder == true else {
            throw SweepError(.failed, "\(path) is no folder", remedy: "choose another one with SWEEP_HOME")
        }
    }

    static func write(_ file: ControllerFile, to home: SweepHome) throws(SweepError) {
        guard let bytes = try? JSONCoding.encode(file) else {
            throw SweepError(.failed, "\(home.controllerFile) cannot be encoded")
        }
        try AtomicFile.write(bytes + [UInt8(ascii: "\n")], to: home.controllerFile, mode: 0o600)
    }

    /// Removes `controller.json` if it is this process's.
    static func removeFile(of home: SweepHome) {
        guard ControllerFile.read(home)?.pid == Int(getpid()) else { return }
        unlink(home.controllerFile)
    }

    /// The names in a folder, without `.` and `..`; empty when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a folder and everything in it; links are removed, not followed.
    static func remove(_ path: String) {
        guard let folder = opendir(path) else {
            unlink(path)
            return
        }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            let child = path + "/" + name
            if FileFacts(child, followsLinks: false)?.isFolder == true { remove(child) } else { unlink(child) }
        }
        closedir(folder)
        rmdir(path)
    }
}
