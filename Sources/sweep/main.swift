import Glibc
import SweepCommands

exit(await EntryPoint.run(Array(CommandLine.arguments.dropFirst())))
