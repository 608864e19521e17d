/// An error that a person reads: it names the object, the rule that it broke, and what to do.
package struct SweepError: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    package enum Category: String, Sendable, Codable {
        /// The request or the file is wrong (exit code 64).
        case usage
        /// Nothing by that name (exit code 1).
        case notFound
        /// The state does not allow it (exit code 1).
        case conflict
        /// The controller cannot be reached (exit code 69).
        case unavailable
        /// Full for now: try again (exit code 75).
        case tryAgain
        /// Not allowed (exit code 77).
        case denied
        /// Anything else (exit code 1).
        case failed
    }

    package var category: Category
    package var message: String
    /// What to do about it.
    package var remedy: String?

    package init(_ category: Category, _ message: String, remedy: String? = nil) {
        self.category = category
        self.message = message
        self.remedy = remedy
    }

    package var description: String { remedy.map { "\(message); \($0)" } ?? message }

    /// The exit code of a command that ends with this error (sysexits.h).
    package var exitCode: Int32 {
        switch category {
        case .usage: 64
        case .unavailable: 69
        case .tryAgain: 75
        case .denied: 77
        case .notFound, .conflict, .failed: 1
        }
    }
}
