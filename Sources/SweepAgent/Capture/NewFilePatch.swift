import Crypto
import Glibc

/// A file that no commit has, as the part of a patch that makes it: what `git diff` shows of a new file.
struct NewFilePatch {
    /// Bytes of a file that is taken.
    static let maximumText = 256 << 10
    /// Of one that holds a zero byte: an icon or a small table; data and models are artifacts.
    static let maximumBinary = 64 << 10

    var bytes: [UInt8] = []
    /// Why it is left out.
    var problem: String?

    /// - Parameters:
    ///   - name: of the file, from `folder`.
    ///   - path: its name in the patch, where that is another.
    init(_ name: String, in folder: String, as path: String? = nil) {
        let place = "\(folder)/\(name)"
        let path = path ?? name
        var status = stat()
        guard lstat(place, &status) == 0 else {
            problem = String(cString: strerror(errno))
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFLNK:
            let target = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = buffer.withMemoryRebound(to: CChar.self) { text in
                    text.baseAddress.map { max(0, readlink(place, $0, text.count)) } ?? 0
                }
            }
            bytes = Self.text(path, target, mode: "120000")
        case S_IFREG: take(place, path, isExecutable: status.st_mode & 0o111 != 0)
        default: problem = "it is no file"
        }
    }

    private mutating func take(_ place: String, _ path: String, isExecutable: Bool) {
        // It may be another thing by now: neither followed nor waited for.
        let file = open(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        var status = stat()
        guard file >= 0 else {
            problem = String(cString: strerror(errno))
            return
        }
        defer { close(file) }
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            let content = DiskFile.read(file, offset: 0, limit: Self.maximumText + 1)
        else {
            problem = "it cannot be read"
            return
        }
        let isBinary = content.contains(0)
        guard content.count <= (isBinary ? Self.maximumBinary : Self.maximumText) else {
            problem = "\(status.st_size) bytes"
            return
        }
        let mode = isExecutable ? "100755" : "100644"
        bytes = isBinary ? Self.binary(path, content, mode: mode) : Self.text(path, content, mode: mode)
    }

    static func text(_ path: String, _ content: [UInt8], mode: String) -> [UInt8] {
        var patch = head(path, mode)
        guard !content.isEmpty else { return patch }
        var lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let isWhole = lines.last?.isEmpty == true
        if isWhole { lines.removeLast() }
        let count = lines.count == 1 ? "" : ",\(lines.count)"
        patch += Array("--- /dev/null\n+++ \(quoted("b/" + path))\n@@ -0,0 +1\(count) @@\n".utf8)
        for line in lines { patch += [UInt8(ascii: "+")] + line + [UInt8(ascii: "\n")] }
        if !isWhole { patch += Array("\\ No newline at end of file\n".utf8) }
        return patch
    }

    /// As gitformat-patch's "GIT binary patch": zlib's form of the content, here without compression (RFC 1950, 1951), in base 85.
    static func binary(_ path: String, _ content: [UInt8], mode: String) -> [UInt8] {
        var hash = Insecure.SHA1()
        hash.update(data: Array("blob \(content.count)".utf8) + [0])
        hash.update(data: content)
        let digits = Array("0123456789abcdef".utf8)
        let name = hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        var patch = head(path, mode) + Array("index \(String(repeating: "0", count: 40))..".utf8) + name
        patch += Array("\nGIT binary patch\nliteral \(content.count)\n".utf8)
        let stored = zlib(content)
        for start in stride(from: 0, to: stored.count, by: 52) {
            let part = stored[start..<min(start + 52, stored.count)]
            let length = UInt8(part.count)
            patch.append(length <= 26 ? UInt8(ascii: "A") + length - 1 : UInt8(ascii: "a") + length - 27)
            patch += base85(part)
            patch.append(UInt8(ascii: "\n"))
        }
        return patch + [UInt8(ascii: "\n")]
    }

    private static func head(_ path: String, _ mode: String) -> [UInt8] {
        Array("diff --git \(quoted("a/" + path)) \(quoted("b/" + path))\nnew file mode \(mode)\n".utf8)
    }

    /// As git writes a name that holds what would end it.
    private static func quoted(_ name: String) -> String {
        let ends = [0x7F, UInt8(ascii: "\""), UInt8(ascii: "\\")]
        guard name.utf8.contains(where: { $0 < 0x20 || ends.contains($0) }) else { return name }
        var text = "\""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let octal = String(scalar.value, radix: 8)
                text += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    private static func zlib(_ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x78, 0x01]
        var start = 0
        repeat {
            let end = min(content.count, start + 0xFFFF)
            let length = UInt16(end - start)
            bytes.append(end == content.count ? 1 : 0)
            for number in [length, ~length] { bytes += [UInt8(number & 0xFF), UInt8(number >> 8)] }
            bytes += content[start..<end]
            start = end
        } while start < content.count
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in content {
            low = (low + UInt32(byte)) % 65521
            high = (high + low) % 65521
        }
        return bytes + [UInt8(high >> 8), UInt8(high & 0xFF), UInt8(low >> 8), UInt8(low & 0xFF)]
    }

    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~".utf8)

    private static func base85(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 4) {
            var value: UInt32 = 0
            for index in start..<start + 4 { value = value << 8 | (index < bytes.endIndex ? UInt32(bytes[index]) : 0) }
            var group = [UInt8](repeating: 0, count: 5)
            for index in (0..<5).reversed() {
                group[index] = alphabet[Int(value % 85)]
                value /= 85
            }
            result += group
        }
        return result
    }
}
