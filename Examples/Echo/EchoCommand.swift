import ApusNet
import ApusRuntime

/// Sends everything back to where it came from, over TCP.
///
/// ```
/// Echo [--port PORT] [--loops N] [--driver D] [--asynchronous]
/// ```
@main struct EchoCommand {
    var port: UInt16 = 7777
    var loops: Int?
    var driver = DriverChoice.auto
    var isAsynchronous = false

    static func main() async throws {
        guard let command = EchoCommand(CommandLine.arguments.dropFirst()) else {
            print("usage: Echo [--port PORT] [--loops N] [--driver auto|epoll|uring] [--asynchronous]")
            return
        }
        let group = try LoopGroup(LoopGroup.Options(loops: command.loops, driver: command.driver))
        let address = SocketAddress.ipv4(.loopback, port: command.port)
        if command.isAsynchronous {
            try await echoAsynchronously(on: address, group)
        } else {
            try await echoSynchronously(on: address, group)
        }
    }

    /// The command from its words; nil when they are not understood.
    init?(_ words: ArraySlice<String>) {
        var words = words
        while let word = words.popFirst() {
            switch word {
            case "--asynchronous": isAsynchronous = true
            case "--port":
                guard let value = words.popFirst().flatMap(UInt16.init) else { return nil }
                port = value
            case "--loops":
                guard let value = words.popFirst().flatMap(Int.init), value > 0 else { return nil }
                loops = value
            case "--driver":
                guard let value = words.popFirst().flatMap(DriverChoice.init(rawValue:)) else { return nil }
                driver = value
            default: return nil
            }
        }
    }
}
