import ApusNet
import ApusRuntime

/// The asynchronous interface: one task for each connection, on the loop that accepted it. Echoes until the process is
/// ended.
func echoAsynchronously(on address: SocketAddress, _ group: LoopGroup) async throws {
    let listener = try AsyncListener.listen(on: address, group: group)
    print("echoing on \(listener.address)")
    await listener.serve { connection in
        while let bytes = try await connection.read() {
            try await connection.write(bytes)
        }
    }
}
