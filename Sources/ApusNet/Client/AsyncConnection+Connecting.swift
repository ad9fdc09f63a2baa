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
        try await begin(address, loop, options).finishConnecting(to: address)
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

    /// Begins an attempt on the loop.
    private static func begin(
        _ address: SocketAddress, _ loop: EventLoop, _ options: ConnectOptions
    ) async throws -> AsyncConnection {
        try await unsafe withUnsafeThrowingContinuation { continuation in
            loop.execute { loop in
                let stream = StreamHandler()
                do {
                    try stream.begin(to: address, on: loop, options)
                    unsafe continuation.resume(returning: AsyncConnection(LoopBound(stream, to: loop)))
                } catch {
                    unsafe continuation.resume(throwing: error)
                }
            }
        }
    }

    private func finishConnecting(to address: SocketAddress) async throws -> AsyncConnection {
        do {
            try await wait(for: .connected)
            return self
        } catch ConnectionError.broken(let error) {
            throw SocketError(connecting: error, to: address)
        } catch {
            abort()
            throw error
        }
    }
}
