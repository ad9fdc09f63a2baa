import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Options of a TCP socket, which those that a listening one accepts inherit.
enum SocketOptions {
    static func set(on descriptor: CInt, noDelay: Bool, keepAlive: Duration?) {
        if noDelay { _ = apus_set_option_errno(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, 1) }
        guard let keepAlive else { return }
        _ = apus_set_option_errno(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        #if os(Linux)
            let seconds = CInt(clamping: max(1, keepAlive.components.seconds))
            _ = apus_set_option_errno(descriptor, CInt(IPPROTO_TCP), TCP_KEEPIDLE, seconds)
        #endif
    }

    /// Has the kernel keep connections whose clients have said nothing yet; see `ListenOptions.deferAccept`.
    static func deferAccept(on listener: CInt, atMost limit: Duration?) {
        #if os(Linux)
            guard let limit else { return }
            let seconds = CInt(clamping: max(1, limit.components.seconds))
            _ = apus_set_option_errno(listener, CInt(IPPROTO_TCP), TCP_DEFER_ACCEPT, seconds)
        #endif
    }
}
