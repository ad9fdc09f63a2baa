#if TLS && canImport(COpenSSL)
    import COpenSSL

    @testable import ApusNet

    /// A client and a server that shake hands in memory, on the calling thread.
    @safe final class MemoryHandshake {
        let client: OpaquePointer
        let server: OpaquePointer
        /// Why an end gave up; nil when it did not.
        private(set) var clientError: TLSError?
        private(set) var serverError: TLSError?
        /// All that the server has written.
        private(set) var written: [UInt8] = []

        /// Two fresh ends; `name` nil: the client asks for no name.
        init(
            client clientContext: TLSContext, server serverContext: TLSContext, name: String? = "localhost",
            port: UInt16 = 443
        ) throws {
            unsafe client = try unsafe clientContext.makeClientSession(host: name, port: port)
            unsafe server = try unsafe serverContext.makeServerSession()
            unsafe SSL_set_bio(client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
            unsafe SSL_set_bio(server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
        }

        deinit {
            unsafe SSL_free(client)
            unsafe SSL_free(server)
        }

        /// Both ends shake hands until they are done, or one gives up and the other has heard why; then the server's
        /// first byte comes to the client, and the tickets before it. True when both succeeded.
        @discardableResult func run() -> Bool {
            var clientDone = false
            var serverDone = false
            for _ in 0..<20 where !(clientDone && serverDone) {
                if !clientDone, clientError == nil { clientDone = unsafe step(client, &clientError) }
                carry()
                if !serverDone, serverError == nil { serverDone = unsafe step(server, &serverError) }
                carry()
            }
            if clientDone, !serverDone {
                // In TLS 1.3 a client is done before the server has judged it, and hears of it afterwards.
                var nothing: UInt8 = 0
                ERR_clear_error()
                _ = unsafe SSL_read(client, &nothing, 1)
                clientError = unsafe TLSError.takeQueued(session: client)
            }
            guard clientDone, serverDone else { return false }
            return send("x", fromServer: true) == "x" && serverError == nil
        }

        private func step(_ end: OpaquePointer, _ error: inout TLSError?) -> Bool {
            ERR_clear_error()
            let result = unsafe SSL_do_handshake(end)
            if result == 1 { return true }
            if unsafe SSL_get_error(end, result) != SSL_ERROR_WANT_READ {
                error = unsafe TLSError.takeQueued(session: end) ?? TLSError(.failure, reason: "no reason")
            }
            return false
        }

        /// What one end wrote is what the other may read.
        private func carry() {
            unsafe move(from: client, to: server)
            unsafe move(from: server, to: client)
        }

        private func move(from: OpaquePointer, to: OpaquePointer) {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = unsafe BIO_read(SSL_get_wbio(from), &bytes, CInt(bytes.count))
                if count <= 0 { return }
                if unsafe from == server { written += bytes[..<Int(count)] }
                unsafe BIO_write(SSL_get_rbio(to), bytes, count)
            }
        }

        /// Sends text from one end, and gives what the other one reads; nil when it reads nothing or gives up.
        func send(_ text: String, fromServer: Bool) -> String? {
            let from = unsafe fromServer ? server : client
            let to = unsafe fromServer ? client : server
            ERR_clear_error()
            let bytes = Array(text.utf8)
            guard unsafe SSL_write(from, bytes, CInt(bytes.count)) > 0 else { return nil }
            carry()
            var into = [UInt8](repeating: 0, count: 1024)
            let count = unsafe SSL_read(to, &into, CInt(into.count))
            if count <= 0 {
                let error = unsafe TLSError.takeQueued(session: to)
                if fromServer { clientError = error } else { serverError = error }
                return nil
            }
            return String(decoding: into[..<Int(count)], as: UTF8.self)
        }

        /// The certificate that the server showed.
        var shown: TLSCertificate? {
            unsafe SSL_get0_peer_certificate(client).map { unsafe TLSCertificate($0) }
        }

        /// The certificate that the client showed.
        var clientCertificate: TLSCertificate? {
            unsafe SSL_get0_peer_certificate(server).map { unsafe TLSCertificate($0) }
        }

        /// Why the server gives up when it is sent these bytes; nil when it waits for more.
        func serverError(afterReceiving text: String) -> TLSError? {
            let bytes = Array(text.utf8)
            unsafe BIO_write(SSL_get_rbio(server), bytes, CInt(bytes.count))
            _ = unsafe step(server, &serverError)
            return serverError
        }

        /// Both ends say farewell, as connections do that are resumed later.
        func end() {
            unsafe SSL_shutdown(client)
            unsafe SSL_shutdown(server)
        }

        /// The protocol chosen by ALPN, as the client knows it.
        var chosenProtocol: String? {
            var place: UnsafePointer<UInt8>?
            var count: CUnsignedInt = 0
            unsafe SSL_get0_alpn_selected(client, &place, &count)
            return unsafe place.map {
                unsafe String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self)
            }
        }

        /// How many certificates the server sent.
        var chainLength: Int {
            unsafe SSL_get_peer_cert_chain(client).map { Int(unsafe apus_certificate_count($0)) } ?? 0
        }

        /// Has the client take no other signatures from the server than these, in the words of OpenSSL.
        func offerSignatures(_ list: String) {
            var text = Array(list.utf8CString)
            unsafe SSL_ctrl(client, SSL_CTRL_SET_SIGALGS_LIST, 0, &text)
        }

        /// Has the client speak TLS 1.2 only, with any cipher or one.
        func limitToTLS12(cipher: String? = nil) {
            if let cipher { unsafe SSL_set_cipher_list(client, cipher) }
            unsafe SSL_ctrl(client, SSL_CTRL_SET_MAX_PROTO_VERSION, CLong(TLS1_2_VERSION), nil)
        }

        /// The OCSP response that the server stapled; the client must have asked for it before.
        var stapled: [UInt8] {
            var place: UnsafeMutableRawPointer?
            let count = unsafe SSL_ctrl(client, SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, &place)
            guard let start = unsafe place, count > 0 else { return [] }
            return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
        }

        /// Has the client ask for an OCSP response.
        func askForStatus() {
            unsafe SSL_ctrl(client, SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, CLong(TLSEXT_STATUSTYPE_ocsp), nil)
        }

        var wasResumed: Bool { unsafe SSL_session_reused(server) == 1 }
    }
#endif
