/// An argv as a person would type it: for showing, and for a command that starts a shell itself.
package enum ShellText {
    /// The arguments, quoted where a POSIX shell needs it, with spaces between.
    package static func line(_ arguments: [String]) -> String {
        arguments.map(quoted).joined(separator: " ")
    }

    package static func quoted(_ argument: String) -> String {
        let isPlain = argument.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "+"),
                UInt8(ascii: "@"), UInt8(ascii: "%"):
                true
            default: byte >= 0x80
            }
        }
        if isPlain, !argument.isEmpty { return argument }
        var text = "'"
        for scalar in argument.unicodeScalars {
            if scalar == "'" { text += "'\\''" } else { text.unicodeScalars.append(scalar) }
        }
        return text + "'"
    }
}
