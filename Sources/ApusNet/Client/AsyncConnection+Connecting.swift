public import ApusRuntime

extension AsyncConnection {
    /// Connects to a server; the connection lives on `loop`.
    ///
    /// ```swift
    /// let connection = try await AsyncConnection.connect(to: address, on: group.next())
    /// try await connection.write("PING\r\n")
    /// ```
    ///
    /// - Throws: `SocketError`, such as `.refused` and `.timedOut`; `CancellationError`, and the attempt is given up.
    public static func connect(
        to address: SocketAddress, on loop: EventLoop, options: ConnectOptions = ConnectOptions()
    ) async throws -> AsyncConnection {
        let connection = AsyncConnection(LoopBound(StreamHandler(), to: loop))
        try await connection.finishConnecting(to: address, options)
        return connection
    }

    /// Connects to the first of a host's addresses that answers, in the resolver's order. A literal address needs no
    /// resolver.
    ///
    /// - Throws: `SocketError`: `.unknownHost`, or that of the last address tried; `CancellationError`.
    public static func connect(
        host: String, port: UInt16, on loop: EventLoop, options: ConnectOptions = ConnectOptions()
    ) async throws -> AsyncConnection {
        var failure: SocketError = .unknownHost(host)
        for address in try await Resolver.addresses(of: host, port: port) {
            do {
                return try await connect(to: address, on: loop, options: options)
            } catch let error as SocketError {
                failure = error
            }
        }
        throw failure
    }

    /// Makes the attempt, on the loop.
    private func finishConnecting(to address: SocketAddress, _ options: ConnectOptions) async throws {
        try stream.value.begin(to: address, on: loop, options)
        do {
            try await wait(for: .connected)
        } catch ConnectionError.broken(let error) {
            throw SocketError(connecting: error, to: address)
        } catch ConnectionError.tls(let error) {
            throw SocketError.tls(error, address)
        } catch {
            abort()
            throw error
        }
    }
}
