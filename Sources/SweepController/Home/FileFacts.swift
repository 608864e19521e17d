import Glibc

/// What a file is, without opening it; nil where there is none.
enum FileFacts {
    /// Bytes.
    static func size(_ path: String) -> Int? { status(path).map { Int($0.st_size) } }

    /// Permission bits.
    static func mode(_ path: String) -> UInt32? { status(path).map { $0.st_mode & 0o7777 } }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}
