#if TLS && canImport(COpenSSL)
    import ApusRuntime

    /// What a connection has only while its handshake lasts. Loop only.
    final class TLSHandshake {
        /// Who we are in it.
        enum Role {
            case server(TLSServing)
            case client(TLSConnecting)
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

        /// How long it may take, in the loop's milliseconds.
        var patience: UInt64 {
            let limit =
                switch role {
                case .server(let serving): serving.options.handshakeTimeout
                case .client(let options): options.handshakeTimeout
                }
            return limit.clampedNanoseconds / 1_000_000 + 1
        }

        func takeInput() -> Buffer {
            var taken = Buffer()
            swap(&taken, &input)
            return taken
        }

        @unsafe func makeSession() -> OpaquePointer? {
            switch role {
            case .server(let serving): unsafe serving.options.context.makeSession(role: .server, serverName: nil)
            case .client(let options):
                unsafe options.context.makeSession(role: .client, serverName: options.serverName)
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
