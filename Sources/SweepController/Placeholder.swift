import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

enum Placeholder {}
