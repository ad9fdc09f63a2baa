import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Connection {
    /// How long a closing connection reads on.
    private static let lingerMilliseconds: UInt64 = 2_000

    /// Sends what is queued, then closes. The handler is shown no more bytes. Bytes that the peer has sent and nobody
    /// read make the system reset the connection, which may destroy our last ones: see `closeLingering()`.
    public func closeAfterWriting() {
        guard isOpen else { return }
        flags.insert(.closeWhenSent)
        if !isAwaitingHandshake { expectNoMore() }
        loop.flushAtEndOfTurn(self)
    }

    /// Whether the rest of the handshake must come before the connection can end well.
    private var isAwaitingHandshake: Bool {
        #if TLS && canImport(COpenSSL)
            isReceivingEarly
        #else
            false
        #endif
    }

    /// Sends what is queued, then our end; the peer may go on sending, and the handler hears it.
    public func endWriting() {
        guard isOpen else { return }
        flags.insert(.endWhenSent)
        loop.flushAtEndOfTurn(self)
    }

    /// Sends what is queued, then our end, and throws away what the peer still sends for up to two seconds before
    /// closing: for an answer given before the whole request was read, which a reset would destroy
    /// (RFC 9112, 9.6). The handler is shown no more bytes.
    public func closeLingering() {
        guard isOpen else { return }
        if flags.contains(.peerEnded) { return closeAfterWriting() }
        flags.insert(.lingerWhenSent)
        // What the peer sends meanwhile must not fill the way back.
        startReceiving()
        loop.flushAtEndOfTurn(self)
    }

    /// Closes at once with a reset, and drops what is queued: the peer must not take a part for the whole.
    public func abort() {
        guard isOpen else { return }
        _ = apus_reset_on_close_errno(descriptor)
        close()
    }

    /// Everything queued was sent: does what was asked for then.
    func finishSending() {
        guard !flags.isDisjoint(with: [.closeWhenSent, .endWhenSent, .lingerWhenSent]) else { return }
        #if TLS && canImport(COpenSSL)
            if let tls, !sendFarewell(tls) { return }
        #endif
        if flags.contains(.closeWhenSent) {
            close()
        } else if flags.contains(.lingerWhenSent) {
            beginLingering()
        } else {
            flags.remove(.endWhenSent)
            _ = shutdown(descriptor, CInt(SHUT_WR))
        }
    }

    private func beginLingering() {
        flags.remove(.lingerWhenSent)
        // The peer's end may have come while we still sent; it comes once only.
        if flags.contains(.peerEnded) { return close() }
        flags.insert(.lingering)
        _ = shutdown(descriptor, CInt(SHUT_WR))
        setTimer(at: loop.tick + Self.lingerMilliseconds)
        startReceiving()
    }
}
