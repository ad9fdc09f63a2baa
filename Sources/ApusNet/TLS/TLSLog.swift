#if TLS && canImport(COpenSSL)
    import ApusRuntime

    /// Says which handshakes failed, at most one line a second: whoever scans ports must not fill the log. Loop only.
    final class TLSLog {
        private static let pauseMilliseconds: UInt64 = 1_000

        private let log: Log
        private var silentUntil: UInt64 = 0
        private var unsaid = 0

        init(_ log: Log) { self.log = log }

        /// Notes a failure, and says it unless another was said within the last second.
        func failed(_ error: TLSError, with peer: @autoclosure () -> SocketAddress?, at tick: UInt64) {
            guard tick >= silentUntil else {
                unsaid += 1
                return
            }
            silentUntil = tick + Self.pauseMilliseconds
            let others = unsaid == 0 ? "" : " (and \(unsaid) more since the last line)"
            unsaid = 0
            log(.info, "TLS with \(peer()?.description ?? "a peer that is gone"): \(error)\(others)")
        }
    }
#endif
