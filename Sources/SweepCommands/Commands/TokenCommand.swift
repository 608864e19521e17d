import ArgumentParser
import SweepModel
import SweepWire

/// `sweep token`.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and revoke tokens.",
        discussion: """
            A token lets an agent or a person on another machine in; 'sweep join' makes one with all else that it needs.
            The controller keeps only a digest: a token is shown once, when it is made.
            """,
        subcommands: [TokenNew.self, TokenList.self, TokenRevoke.self])
}

/// `sweep token new`.
struct TokenNew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make a token, and print it: the only time that it is shown.")

    @Flag(help: "For an agent: it takes trials, and cannot ask for anything.")
    var agent = false

    @Flag(help: "For a person: everything that 'sweep' does; it cannot take trials.")
    var user = false

    @Option(help: ArgumentHelp("What it is for, to know it again in the list.", valueName: "text"))
    var label: String?

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if agent == user { throw ValidationError("give --agent or --user") }
    }

    func run() async throws {
        let session = Session.current
        let made = try await Client.connected(to: .find(common, session)) { client in
            try await client.one(.makeToken(agent ? .agent : .user, label: label), as: NewToken.self)
        }
        if json {
            session.output.write(
                Documents.document([.init("token", TokenTable.json(made.row)), .init("secret", .string(made.secret))]))
        } else {
            session.output.write("\(made.secret)\n")
            session.say(
                "token \(made.row.id); it is not shown again. Revoke it with: sweep token revoke \(made.row.id)")
        }
    }
}

/// `sweep token list`.
struct TokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show tokens: whose, when made, when last used.", aliases: ["ls"])

    @OptionGroup var format: ListOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let rows = try await Client.connected(to: .find(common, session)) { client in
            try await client.items(.tokens, as: TokenRow.self)
        }
        let style = common.colour.style(session)
        switch format.format {
        case .json: session.output.write(Documents.document([.init("tokens", .list(rows.map(TokenTable.json)))]))
        case .jsonl: for row in rows { session.output.write(Documents.line(TokenTable.json(row))) }
        case .id: for row in rows { session.output.write("\(DisplayText.escape(row.id))\n") }
        case .csv: session.output.write(TokenTable.csv(rows))
        case .table:
            if rows.isEmpty { session.say("no tokens but this home's own; 'sweep join' makes one") }
            guard !rows.isEmpty else { return }
            let rendered = TokenTable.table(rows, now: session.now())
                .render(width: session.output.terminal?.columns, style: style)
            session.output.write(rendered.text)
        }
    }
}

/// `sweep token revoke`.
struct TokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Let nobody in with these tokens any more; their connections end at once.")

    @Argument(help: "Ids of tokens (see 'sweep token list').")
    var tokens: [String]

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            for token in tokens {
                let row = try await client.one(.revokeToken(id: token), as: TokenRow.self)
                session.say("revoked \(DisplayText.escape(row.id))")
            }
        }
    }
}
