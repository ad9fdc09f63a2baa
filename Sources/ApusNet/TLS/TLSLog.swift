#if TLS && canImport(COpenSSL)
    import ApusRuntime

    /// Says which handshakes failed: a few at once, and then one line a second, for whoever scans ports must not fill the
    /// log. Loop only.
    final class TLSLog {
        /// Lines that may follow one another at once.
        static let burst: UInt64 = 8
        private static let pauseMilliseconds: UInt64 = 1_000

        private let log: Log
        /// When there is room for all lines of a burst again.
        private var fullAt: UInt64 = 0
        private var unsaid = 0

        init(_ log: Log) { self.log = log }

        /// Notes a failure, and says it unless too many were said lately.
        func failed(_ error: TLSError, with peer: @autoclosure () -> SocketAddress?, at tick: UInt64) {
            let next = max(fullAt, tick) + Self.pauseMilliseconds
            guard next <= tick + Self.burst * Self.pauseMilliseconds else {
                unsaid += 1
                return
            }
            fullAt = next
            let others = unsaid == 0 ? "" : " (and \(unsaid) more since the last line)"
            unsaid = 0
            log(.info, "TLS with \(peer()?.description ?? "a peer that is gone"): \(error)\(others)")
        }
    }
#endif
