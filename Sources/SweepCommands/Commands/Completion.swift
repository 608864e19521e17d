import ArgumentParser

/// `sweep completion`.
struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a shell completion script.",
        discussion: """
            bash:  sweep completion bash > ~/.local/share/bash-completion/completions/sweep
            zsh:   sweep completion zsh > "${fpath[1]}/_sweep"
            fish:  sweep completion fish > ~/.config/fish/completions/sweep.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var shell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() throws {
        Session.current.output.write(SweepCommand.completionScript(for: shell.shell) + "\n")
    }
}
