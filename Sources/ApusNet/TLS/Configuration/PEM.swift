#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// Why PEM text can't be understood, in the library's words.
    struct PEMFailure: Error {
        let reason: String
    }

    /// Text with blocks between BEGIN and END (RFC 7468).
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
                // A few bytes for an operator's file, when a context is made: without memory for them nothing goes on.
                guard let bio = unsafe bio else { fatalError("no memory for a BIO") }
                defer { unsafe BIO_free(bio) }
                return unsafe body(bio)
            }
        }
    }
#endif
