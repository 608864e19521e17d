import ArgumentParser

/// A duration as a person writes it: `90`, `90s`, `10m`, `1.5h`, `2d`.
package struct DurationText: ExpressibleByArgument, Hashable, Sendable {
    package var seconds: Double

    package init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        let unit = argument.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? argument : String(argument.dropLast())), number >= 0, number <= 3.2e7
        else { return nil }
        seconds = number * (unit ?? 1)
        guard seconds <= 3.2e9 else { return nil }
    }
}
