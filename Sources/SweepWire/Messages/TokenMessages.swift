package import SweepModel

/// What a token lets in. One of one role is never taken for the other.
package enum TokenRole: String, Hashable, Sendable, Codable, CaseIterable {
    /// Runs trials and reports of them; asks for nothing.
    case agent
    /// A person's: every request; runs no trial.
    case user

    /// What tokens of this role begin with, so that a leaked one is recognised, and one of the wrong role at once.
    package var prefix: String {
        switch self {
        case .agent: "swa_"
        case .user: "swu_"
        }
    }
}

/// A token as it is listed; nothing of it lets anybody in.
package struct TokenRow: Hashable, Sendable, Codable {
    package var id: String
    package var role: TokenRole
    package var label: String?
    package var created: Timestamp
    /// To the minute.
    package var lastUsed: Timestamp?
    package var revoked: Timestamp?
    /// Connections that it has let in and that are open.
    package var connections: Int

    package init(
        id: String, role: TokenRole, label: String? = nil, created: Timestamp, lastUsed: Timestamp? = nil,
        revoked: Timestamp? = nil, connections: Int = 0
    ) {
        self.id = id
        self.role = role
        self.label = label
        self.created = created
        self.lastUsed = lastUsed
        self.revoked = revoked
        self.connections = connections
    }
}

/// A token that was just made: the one time that its secret is said.
package struct NewToken: Hashable, Sendable, Codable {
    package var row: TokenRow
    package var secret: String

    package init(row: TokenRow, secret: String) {
        self.row = row
        self.secret = secret
    }
}

/// The controller's certificate after it was renewed.
package struct RenewedCertificate: Hashable, Sendable, Codable {
    /// SHA-256 in hexadecimal.
    package var fingerprint: String

    package init(fingerprint: String) { self.fingerprint = fingerprint }
}
