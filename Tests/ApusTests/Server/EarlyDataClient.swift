#if TLS
    import COpenSSL

    @testable import ApusNet

    /// A blocking client of TLS that sends before its handshake is done.
    @safe final class EarlyDataClient {
        private let raw: RawClient
        private let ssl: OpaquePointer

        /// A session that a server gave, to be gone on with any number of times, as an attacker may.
        @safe final class Session {
            let pointer: OpaquePointer

            @unsafe fileprivate init(owning pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

            deinit { unsafe SSL_SESSION_free(pointer) }

            /// How many bytes the server takes early.
            var limit: UInt32 { unsafe SSL_SESSION_get_max_early_data(pointer) }
        }

        /// - Parameter alpn: The one protocol that is offered.
        init(_ address: SocketAddress, going session: Session? = nil, alpn: String = "http/1.1") throws {
            var configuration = TLSClientConfiguration()
            configuration.trust = .anyoneWithoutVerification
            configuration.applicationProtocols = [alpn]
            raw = try RawClient(address)
            unsafe ssl = try unsafe TLSContext(client: configuration).makeClientSession(host: "localhost", port: 1)
            // A copy, for OpenSSL forgets the session of a connection without a farewell.
            if let session, let copy = unsafe SSL_SESSION_dup(session.pointer) {
                unsafe SSL_set_session(ssl, copy)
                unsafe SSL_SESSION_free(copy)
            }
            unsafe SSL_set_fd(ssl, raw.socket)
        }

        deinit { unsafe SSL_free(ssl) }

        /// Says hello, with bytes behind it; false when that can't be.
        func sendEarly(_ bytes: [UInt8]) -> Bool {
            var written = 0
            return unsafe SSL_write_early_data(ssl, bytes, bytes.count, &written) == 1 && written == bytes.count
        }

        func sendEarly(_ text: String) -> Bool { sendEarly(Array(text.utf8)) }

        /// Shakes hands; whether the server has taken what was sent early, nil when the handshake failed.
        func finish() -> Bool? {
            guard unsafe SSL_connect(ssl) == 1 else { return nil }
            return unsafe SSL_get_early_data_status(ssl) == SSL_EARLY_DATA_ACCEPTED
        }

        func send(_ text: String) { send(Array(text.utf8)) }

        func send(_ bytes: [UInt8]) {
            unsafe SSL_write(ssl, bytes, CInt(bytes.count))
        }

        /// What comes until it contains `end`, or the server ends.
        func receive(until end: String) -> String {
            var text = ""
            var chunk = [UInt8](repeating: 0, count: 16_384)
            while !text.contains(end) {
                let got = unsafe SSL_read(ssl, &chunk, CInt(chunk.count))
                if got <= 0 { break }
                text += String(decoding: chunk[..<Int(got)], as: UTF8.self)
            }
            return text
        }

        /// Whether the server has said that nothing more comes (close_notify).
        var heardFarewell: Bool { unsafe SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 }

        /// What was agreed on, for a later connection; once something was received.
        func session() -> Session? { unsafe SSL_get1_session(ssl).map { unsafe Session(owning: $0) } }

        /// Says farewell, without which OpenSSL takes the session for broken.
        func end() { unsafe SSL_shutdown(ssl) }
    }
#endif
