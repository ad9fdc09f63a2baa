import ApusNet
import ApusRuntime

/// The synchronous interface: told of each event on the loop's thread, it sees received bytes where the loop has them,
/// and sends them from there.
final class SynchronousEcho: ConnectionHandler {
    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        // A peer that sends and doesn't read must wait itself.
        guard connection.isWritable else {
            connection.pauseReceiving()
            return 0
        }
        connection.writeThrough(bytes)
        return bytes.byteCount
    }

    func writable(on connection: Connection) {
        connection.startReceiving()
        connection.presentKept()
    }
}

/// Echoes until the process is ended.
func echoSynchronously(on address: SocketAddress, _ group: LoopGroup) async throws {
    let server = try StreamServer.listen(on: address, group: group) { _ in SynchronousEcho() }
    print("echoing on \(server.address)")
    while true { try await Task.sleep(for: .seconds(3600)) }
}
