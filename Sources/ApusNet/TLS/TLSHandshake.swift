#if TLS && canImport(COpenSSL)
    import ApusRuntime

    /// What a connection has only while its handshake lasts. Loop only.
    final class TLSHandshake {
        /// Who we are in it.
        enum Role {
            case server(TLSServing)
            /// The port stands for the server where sessions are kept.
            case client(TLSConnecting, port: UInt16)
        }

        let role: Role
        /// What came while the handshake waits for its turn.
        @safe @exclusivity(unchecked) var input = Buffer()
        /// It waits in the loop's queue.
        var isQueued = false
        /// A byte of the peer has come.
        var hasBegun = false
        /// It counts as one of the process's.
        private var isCounted = false

        init(_ role: Role) {
            self.role = role
            if case .server(let serving) = role {
                isCounted = true
                serving.began()
            }
        }

        var isClient: Bool { if case .client = role { true } else { false } }

        /// Whether threads of the pool compute it.
        var isOffloaded: Bool {
            if case .server(let serving) = role { serving.options.usesWorkStealingPool } else { false }
        }

        /// Whether the peer may send data before it is done (0-RTT). A step elsewhere has nobody to show it to.
        var takesEarlyData: Bool {
            guard case .server(let serving) = role, !isOffloaded else { return false }
            return serving.options.context.context.takesEarlyData
        }

        /// Whether records are ours when it is done. A client stays with OpenSSL, for tickets come to it at any time.
        var yieldsRecords: Bool {
            if case .server(let serving) = role { !serving.options.leavesRecordsToOpenSSL } else { false }
        }

        /// What a server's sessions are cached by; nil where they are not.
        var cache: TLSContext? {
            guard case .server(let serving) = role else { return nil }
            let context = serving.options.context.context
            return context.cachesSessions ? context : nil
        }

        /// Whether the kernel may make the records of large files.
        var usesKernelTLS: Bool {
            if case .server(let serving) = role { serving.options.usesKernelTLS } else { false }
        }

        /// How long it may take, in the loop's milliseconds.
        var patience: UInt64 {
            let limit =
                switch role {
                case .server(let serving): serving.options.handshakeTimeout
                case .client(let options, _): options.handshakeTimeout
                }
            return limit.clampedNanoseconds / 1_000_000 + 1
        }

        func takeInput() -> Buffer {
            var taken = Buffer()
            swap(&taken, &input)
            return taken
        }

        @unsafe func makeSession() throws(TLSError) -> OpaquePointer {
            switch role {
            case .server(let serving): unsafe try serving.options.context.context.makeServerSession()
            case .client(let options, let port):
                unsafe try options.context.makeClientSession(host: options.serverName, port: port)
            }
        }

        /// It is over, well or not.
        func ended(_ error: TLSError?, resumed: Bool = false) {
            guard isCounted, case .server(let serving) = role else { return }
            isCounted = false
            serving.ended(error, resumed: resumed)
        }
    }
#endif
