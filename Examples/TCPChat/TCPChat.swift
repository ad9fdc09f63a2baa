import ApusNet
import ApusRuntime

/// A chat over plain TCP: `nc localhost 7778`, in two terminals. Connections live on several loops and write to one
/// another.
///
/// ```
/// TCPChat [--port PORT]
/// ```
@main struct TCPChat {
    static func main() async throws {
        let words = CommandLine.arguments.dropFirst()
        guard let port = words.isEmpty ? 7778 : words.first == "--port" ? words.last.flatMap(UInt16.init) : nil else {
            return print("usage: TCPChat [--port PORT]")
        }
        let group = try LoopGroup()
        let listener = try AsyncListener.listen(on: .ipv4(.loopback, port: port), group: group)
        print("chatting on \(listener.address), on \(group.loops.count) loops")
        let room = Room()
        await listener.serve { connection in try await chat(connection, in: room) }
    }
}
