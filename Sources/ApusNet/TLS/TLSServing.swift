#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import Synchronization

    /// What the listeners of one TLS server have in common. Any thread.
    final class TLSServing: Sendable {
        let options: TLSListening
        /// Called on the connection's loop when the handshake is done, with the protocol that was agreed on (ALPN).
        let serve: @Sendable (EventLoop, String?) -> any ConnectionHandler
        /// Counts the handshakes under way, and tells when one more may begin.
        private let places: Admission
        private let completed = Atomic<Int>(0)
        private let resumed = Atomic<Int>(0)
        private let failed = Atomic<Int>(0)

        init(_ options: TLSListening, serve: @escaping @Sendable (EventLoop, String?) -> any ConnectionHandler) {
            self.options = options
            self.serve = serve
            // Counting is all that is wanted of it: a connection that was accepted is never refused for its handshake.
            places = Admission(Admission.Limits(connections: options.concurrentHandshakes, excess: .pause))
        }

        var counts: TLSHandshakeCounts {
            TLSHandshakeCounts(
                pending: places.admitted, completed: completed.load(ordering: .relaxed),
                resumed: resumed.load(ordering: .relaxed), failed: failed.load(ordering: .relaxed))
        }

        /// Whether another handshake may begin; each loop may exceed the limit by one.
        var hasPlace: Bool { places.hasPlace }

        /// Has `tell` called once, on any thread, when one may begin.
        func awaitPlace(_ tell: @escaping @Sendable () -> Void) { places.awaitPlace(tell) }

        func began() { places.countIn() }

        func ended(_ error: TLSError?, resumed isResumed: Bool) {
            places.leave(.uncounted)
            if error != nil {
                failed.wrappingAdd(1, ordering: .relaxed)
            } else {
                completed.wrappingAdd(1, ordering: .relaxed)
                if isResumed { resumed.wrappingAdd(1, ordering: .relaxed) }
            }
        }
    }
#endif
