import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Turns the name of a host into addresses, as the system does for every program: `/etc/hosts`, DNS, and whatever else
/// it is set up to ask (getaddrinfo(3)).
public enum Resolver {
    /// The addresses of a host, in the order in which the system would try them (RFC 6724).
    ///
    /// The system's resolver blocks, for seconds when a name server doesn't answer, so it is asked on a thread that
    /// isn't a loop's. A literal address (`127.0.0.1`, `[::1]`, `unix:/run/a.sock`) is answered at once.
    ///
    /// - Throws: `SocketError.unknownHost`; `CancellationError` when the task was cancelled before the resolver was
    ///   asked.
    public static func addresses(of host: String, port: UInt16) async throws -> [SocketAddress] {
        if let literal = SocketAddress(host: host, port: port) { return [literal] }
        return try await WorkStealingPool.shared.run { try blockingAddresses(of: host, port: port) }
    }

    /// The addresses of a host, as `addresses(of:port:)` gives them; blocks the calling thread until they are known.
    ///
    /// - Throws: `SocketError.unknownHost`.
    public static func blockingAddresses(of host: String, port: UInt16) throws(SocketError) -> [SocketAddress] {
        if let literal = SocketAddress(host: host, port: port) { return [literal] }
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(streamType)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, "\(port)", &hints, &list) == 0 else { throw .unknownHost(host) }
        defer { unsafe freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            let address = unsafe SocketAddress { target, length in
                let size = unsafe min(entry.pointee.ai_addrlen, length.pointee)
                guard let source = unsafe entry.pointee.ai_addr else { return -1 }
                unsafe UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: Int(size))
                unsafe length.pointee = size
                return 0
            }
            if let address, !found.contains(address) { found.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        guard !found.isEmpty else { throw .unknownHost(host) }
        return found
    }
}
