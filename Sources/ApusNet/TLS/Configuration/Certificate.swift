#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// An `X509`, whose reference it holds. Not to be passed between threads.
    @safe final class Certificate {
        let pointer: OpaquePointer

        /// Takes a reference over.
        @unsafe init(owning pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

        deinit { unsafe X509_free(pointer) }

        /// What it says.
        var value: TLSCertificate { unsafe TLSCertificate(pointer) }
        var subject: String { unsafe TLSCertificate.text(ofName: X509_get_subject_name(pointer)) }
        var issuer: String { unsafe TLSCertificate.text(ofName: X509_get_issuer_name(pointer)) }
        var notBefore: Int64 { unsafe apus_seconds(X509_get0_notBefore(pointer)) }
        var notAfter: Int64 { unsafe apus_seconds(X509_get0_notAfter(pointer)) }

        /// Whether `issuer` has the name and the identifiers of the one who signed this, and signed it.
        func isIssued(by issuer: Certificate) -> Bool {
            guard unsafe X509_check_issued(issuer.pointer, pointer) == X509_V_OK else { return false }
            defer { ERR_clear_error() }
            return unsafe X509_verify(pointer, X509_get0_pubkey(issuer.pointer)) == 1
        }

        var isSelfIssued: Bool {
            unsafe X509_NAME_cmp(X509_get_subject_name(pointer), X509_get_issuer_name(pointer)) == 0
        }

        /// Every certificate of PEM text, in its order; other blocks are passed over.
        static func all(inPEM bytes: [UInt8]) -> Result<[Certificate], PEMFailure> {
            unsafe PEM.all(in: bytes) { bio in
                unsafe apus_read_certificate(bio).map { unsafe Certificate(owning: $0) }
            }
        }
    }

    /// Why PEM text can't be understood, in the library's words.
    struct PEMFailure: Error {
        let reason: String
    }

    enum PEM {
        /// Every block that `read` takes from the text, to the text's end.
        static func all<Item>(in bytes: [UInt8], _ read: (OpaquePointer) -> Item?) -> Result<[Item], PEMFailure> {
            unsafe withBIO(over: bytes) { bio in
                ERR_clear_error()
                defer { ERR_clear_error() }
                var items: [Item] = []
                while let item = unsafe read(bio) { items.append(item) }
                let code = ERR_peek_last_error()
                // The end of the text is no start line.
                if code == 0 || isEnd(code) { return .success(items) }
                return .failure(PEMFailure(reason: unsafe String(cString: ERR_reason_error_string(code))))
            }
        }

        static func isEnd(_ code: CUnsignedLong) -> Bool {
            CInt((code >> 23) & 0xff) == ERR_LIB_PEM && CInt(code & 0x7f_ffff) == PEM_R_NO_START_LINE
        }

        /// Runs `body` with a BIO that reads the bytes.
        static func withBIO<Output>(over bytes: [UInt8], _ body: (OpaquePointer) -> Output) -> Output {
            unsafe bytes.withUnsafeBytes { raw in
                // Empty text too has a place in memory here: BIO_new_mem_buf takes no null.
                let bio = unsafe raw.isEmpty ? BIO_new(BIO_s_mem()) : BIO_new_mem_buf(raw.baseAddress, CInt(raw.count))
                guard let bio = unsafe bio else { fatalError("no memory for a BIO") }
                defer { unsafe BIO_free(bio) }
                return unsafe body(bio)
            }
        }
    }
#endif
