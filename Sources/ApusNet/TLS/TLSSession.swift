#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    /// TLS on one connection: OpenSSL's state, or our own records after it, and what of the output the kernel has not
    /// taken. Loop only.
    ///
    /// ```
    /// handshake ≠ nil ── the peer's farewell, our farewell, in any order ── ended
    ///      └──────────────── broken: the alert is sent, then the connection closed
    /// ```
    @safe final class TLSSession {
        struct Flags: OptionSet {
            let rawValue: UInt16
            /// The peer's farewell (close_notify) came.
            static let peerEnded = Flags(rawValue: 1 << 0)
            /// Our farewell was written.
            static let ended = Flags(rawValue: 1 << 1)
            /// Nothing can be read or written any more, but for what is queued.
            static let broken = Flags(rawValue: 1 << 2)
            /// Bytes were decrypted while the handler wanted none; it is owed them.
            static let owesBytes = Flags(rawValue: 1 << 3)
            /// The peer's farewell came while the handler wanted to hear nothing; it is owed that too.
            static let owesEnd = Flags(rawValue: 1 << 4)
            /// We connected.
            static let isClient = Flags(rawValue: 1 << 5)
            /// The handshake was completed once.
            static let established = Flags(rawValue: 1 << 6)
            /// A thread of the pool computes a step of the handshake.
            static let away = Flags(rawValue: 1 << 7)
            /// The kernel reads from `sending` (io_uring).
            static let sending = Flags(rawValue: 1 << 9)
            /// The connection closed meanwhile.
            static let abandoned = Flags(rawValue: 1 << 8)
            /// The peer may send data before its handshake is done (0-RTT).
            static let awaitsEarlyData = Flags(rawValue: 1 << 10)
            /// It has, and a handler was shown it; the handshake is still not done.
            static let early = Flags(rawValue: 1 << 11)
            /// The kernel may be given the key for writing.
            static let mayUseKernel = Flags(rawValue: 1 << 12)
            /// It has it: what is sent is encrypted there.
            static let sealedByKernel = Flags(rawValue: 1 << 13)
        }

        /// What became of a step of the handshake, or of decrypting.
        enum Outcome: Sendable {
            /// All that came was taken, and more must come.
            case drained
            /// The portion is full.
            case full
            /// The peer's farewell came.
            case ended
            /// The handshake is done.
            case established
            /// `takeError()` says why; it must be the next call.
            case failed
        }

        let workspace: TLSWorkspace
        /// Nil before the first byte of the peer, after the end, and when `records` took over.
        private(set) var ssl: OpaquePointer?
        /// What reads and writes instead of OpenSSL, once its handshake is done.
        @safe @exclusivity(unchecked) private(set) var records: RecordLayer?
        /// What it agreed on.
        private(set) var agreement: TLSAgreement?
        /// Why `records` failed; see `takeError()`.
        var recordFailure: TLSError?
        @safe @exclusivity(unchecked) var flags: Flags = []
        /// While there is one.
        @safe @exclusivity(unchecked) var handshake: TLSHandshake?
        /// Ciphertext that waits for the kernel.
        @safe @exclusivity(unchecked) var queue: WriteQueue?
        /// Ciphertext that a driver which sends later has been given, before all that waits.
        @safe @exclusivity(unchecked) var sending = Buffer()
        /// Why there is no TLS any more.
        var failure: TLSError?

        init(_ workspace: TLSWorkspace, handshake: TLSHandshake) {
            self.workspace = workspace
            self.handshake = handshake
            unsafe ssl = nil
        }

        /// Has OpenSSL's state made; the error when it can't be.
        func begin() -> TLSError? {
            guard let handshake else { return nil }
            do throws(TLSError) {
                let made = unsafe try handshake.makeSession()
                unsafe ssl = made
                if handshake.isClient { flags.insert(.isClient) }
                if handshake.takesEarlyData { flags.insert(.awaitsEarlyData) }
                unsafe apus_tls_prepare(made, !handshake.isClient)
                unsafe apus_tls_attach(made, workspace.bio)
                return nil
            } catch {
                return error
            }
        }

        /// From now on records are read and written here.
        func replaceOpenSSL(by records: RecordLayer, _ agreement: TLSAgreement) {
            self.records = records
            self.agreement = agreement
            endOpenSSL()
        }

        /// Gives the state back. What is queued stays.
        func end() {
            records?.giveBack()
            records = nil
            if flags.contains(.broken) { agreement?.cached?.forget() }
            agreement = nil
            endOpenSSL()
        }

        private func endOpenSSL() {
            guard let ssl = unsafe ssl else { return }
            guard !flags.contains(.away) else { return flags.formUnion(.abandoned) }
            unsafe self.ssl = nil
            // Else OpenSSL takes the session for broken, and forgets it: the peer could not resume it.
            if !flags.contains(.broken) { unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN) }
            unsafe SSL_free(ssl)
            apus_tls_clear_errors()
        }

        deinit { if let ssl = unsafe ssl { unsafe SSL_free(ssl) } }

        /// Whether OpenSSL's state was made.
        var hasBegun: Bool { unsafe ssl != nil }

        /// Whether an earlier session was gone on with.
        var isResumed: Bool { unsafe agreement?.isResumed ?? (SSL_session_reused(ssl) == 1) }

        /// Has OpenSSL read and write here again, after a thread of the pool.
        func reattach() { if let ssl = unsafe ssl { unsafe apus_tls_attach(ssl, workspace.bio) } }

        /// OpenSSL's state, for the thread that computes a step.
        var bits: UInt { unsafe UInt(bitPattern: ssl) }

        /// Bytes of ciphertext that wait.
        var queuedCount: Int { sending.count + (queue?.count ?? 0) }

        /// Whether some waits.
        var isWaiting: Bool { queue != nil || flags.contains(.sending) }

        /// Has ciphertext wait for the kernel.
        func append(_ buffer: consuming Buffer) {
            guard buffer.count > 0 else { return }
            let waiting = queue ?? WriteQueue()
            queue = waiting
            waiting.append(WritePiece(buffer))
        }

        func takeSending() -> Buffer {
            var taken = Buffer()
            swap(&taken, &sending)
            return taken
        }

        /// Has ciphertext wait before all else that does.
        func putBack(_ buffer: consuming Buffer, _ pool: BufferPool) {
            let others = queue
            queue = nil
            append(buffer)
            while let others, let front = unsafe others.firstBytes {
                unsafe append(front.baseAddress, from: 0, count: front.count, pool)
                others.discard(front.count, into: pool)
            }
        }

        /// Has a copy of ciphertext wait for the kernel.
        @unsafe func append(_ bytes: UnsafeRawPointer?, from start: Int, count: Int, _ pool: BufferPool) {
            guard count > 0, let bytes = unsafe bytes else { return }
            var buffer = pool.take(atLeast: count)
            unsafe buffer.append(RawSpan(_unsafeStart: bytes + start, byteCount: count))
            append(buffer)
        }

        // MARK: OpenSSL

        /// Whether the handler's bytes can be encrypted: it has a handler, and the keys are there.
        var canEncrypt: Bool { handshake == nil || flags.contains(.early) }

        /// Goes on with the handshake, and decrypts what comes before it is done, `filled` bytes of it.
        func step(_ bytes: RawSpan, _ offset: inout Int, _ filled: inout Int) -> Outcome {
            guard let ssl = unsafe ssl else { return .failed }
            let io = unsafe workspace.io
            workspace.writeHere()
            apus_tls_clear_errors()
            if flags.contains(.awaitsEarlyData), let outcome = readEarlyData(bytes, &offset, &filled) {
                return outcome
            }
            let result = unsafe bytes.withUnsafeBytes { input in
                unsafe aim(input, offset)
                let result = unsafe SSL_do_handshake(ssl)
                unsafe apus_tls12_note_finished(ssl, ExtraData.notes, io)
                unsafe offset = input.count - io.pointee.input_count
                unsafe forget()
                return result
            }
            if result == 1 { return .established }
            return unsafe SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ ? .drained : .failed
        }

        /// Nil when no early data will come any more.
        private func readEarlyData(_ bytes: RawSpan, _ offset: inout Int, _ filled: inout Int) -> Outcome? {
            let io = unsafe workspace.io
            return unsafe bytes.withUnsafeBytes { input in
                while filled + TLSWorkspace.recordLimit <= TLSWorkspace.portion {
                    var got = 0
                    unsafe aim(input, offset)
                    let result = unsafe SSL_read_early_data(
                        ssl, workspace.plaintext + filled, TLSWorkspace.portion - filled, &got)
                    unsafe offset = input.count - io.pointee.input_count
                    unsafe forget()
                    switch result {
                    case SSL_READ_EARLY_DATA_SUCCESS: filled += got
                    case SSL_READ_EARLY_DATA_FINISH:
                        filled += got
                        flags.remove(.awaitsEarlyData)
                        return nil
                    default: return unsafe SSL_get_error(ssl, 0) == SSL_ERROR_WANT_READ ? .drained : .failed
                    }
                }
                return .full
            }
        }

        /// Decrypts bytes from `offset` on, until they are used up or the loop's portion is full.
        @inline(never)
        func decrypt(_ bytes: RawSpan, _ offset: inout Int, _ filled: inout Int) -> Outcome {
            workspace.writeHere()
            if let records { return open(bytes, &offset, &filled, records) }
            let io = unsafe workspace.io
            apus_tls_clear_errors()
            return unsafe bytes.withUnsafeBytes { input in
                while offset < input.count {
                    if filled + TLSWorkspace.recordLimit > TLSWorkspace.portion { return .full }
                    var got = 0
                    unsafe aim(input, offset)
                    let result = unsafe SSL_read_ex(
                        ssl, workspace.plaintext + filled, TLSWorkspace.portion - filled, &got)
                    unsafe offset = input.count - io.pointee.input_count
                    unsafe forget()
                    if result == 1 { filled += got } else if let end = whyNotRead() { return end }
                }
                return .drained
            }
        }

        /// Nil when there was nothing more to read.
        @inline(never) private func whyNotRead() -> Outcome? {
            switch unsafe SSL_get_error(ssl, 0) {
            case SSL_ERROR_WANT_READ: return nil
            case SSL_ERROR_ZERO_RETURN: return .ended
            default: return .failed
            }
        }

        @unsafe @inline(__always) private func aim(_ input: UnsafeRawBufferPointer, _ offset: Int) {
            guard let base = input.baseAddress else { return }
            unsafe workspace.io.pointee.input = (base + offset).assumingMemoryBound(to: UInt8.self)
            unsafe workspace.io.pointee.input_count = input.count - offset
        }

        /// The input is valid within a call only.
        @unsafe @inline(__always) private func forget() { unsafe workspace.io.pointee.input_count = 0 }

        /// Encrypts all of the bytes, into the workspace's output.
        @inline(__always)
        @unsafe func encrypt(_ bytes: UnsafeRawPointer, _ count: Int) -> TLSError? {
            if let records { return unsafe seal(bytes, count, records) }
            var written = 0
            if flags.contains(.early) {
                if unsafe SSL_write_early_data(ssl, bytes, count, &written) == 1 { return nil }
            } else if unsafe SSL_write_ex(ssl, bytes, count, &written) == 1 {
                return nil
            }
            return takeError()
        }

        /// Writes an alert as one in the clear, for a peer to whom OpenSSL says nothing since it speaks no TLS at all
        /// (RFC 8446, 5 and 6).
        func alertPlainly(_ alert: TLSAlert) {
            workspace.writeHere()
            unsafe apus_tls_write_alert(workspace.io, alert.rawValue)
        }

        /// Why the last call failed.
        func takeError() -> TLSError {
            if let recordFailure { return recordFailure }
            return unsafe TLSError.ofSession(ssl, alert: workspace.plainAlert)
        }

        /// Writes our farewell into the workspace's output, once.
        func sayFarewell() {
            guard flags.isDisjoint(with: [.ended, .broken]), handshake == nil else { return }
            workspace.writeHere()
            if let records {
                flags.insert(.ended)
                _ = unsafe records.seal(.closeNotify) { unsafe workspace.extend($0) }
                return
            }
            guard let ssl = unsafe ssl else { return }
            flags.insert(.ended)
            _ = unsafe SSL_shutdown(ssl)
            apus_tls_clear_errors()
        }
    }

    extension TLSError {
        /// Why the calling thread's last call for a session failed.
        @unsafe static func ofSession(_ ssl: OpaquePointer?, alert: TLSAlert? = nil) -> TLSError {
            unsafe takeQueued(session: ssl, alert: alert) ?? TLSError(.failure, reason: "OpenSSL gives no reason")
        }

        /// The peer gave up.
        static func received(_ alert: TLSAlert) -> TLSError {
            TLSError(.alertReceived, reason: "\(alert)", alert: alert)
        }
    }
#endif
