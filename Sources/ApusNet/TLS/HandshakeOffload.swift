#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    /// One step of a handshake on a thread of the work-stealing pool. While it is there nobody else touches the session:
    /// the connection doesn't receive, and one that closes leaves the session to be freed when it comes back.
    struct HandshakeOffload: Sendable {
        /// OpenSSL's session, as bits, for a pointer is not Sendable; one thread at a time has it.
        let session: UInt
        /// What the peer has sent.
        let input: [UInt8]

        /// What came of it.
        struct Result: Sendable {
            let outcome: TLSSession.Outcome
            let failure: TLSError?
            /// What is to be sent.
            let output: [UInt8]
            /// How much of the input was taken.
            let consumed: Int
        }

        /// Computes the step, with a BIO of its own, for that of the loop belongs to the loop's thread.
        func run() -> Result {
            guard let ssl = unsafe OpaquePointer(bitPattern: session) else { preconditionFailure("no session") }
            let io = UnsafeMutablePointer<apus_tls_io>.allocate(capacity: 1)
            unsafe io.initialize(to: apus_tls_io())
            let bio = unsafe TLSMethod.makeBIO(io)
            unsafe apus_tls_attach(ssl, bio)
            // The session keeps the last reference, until its loop attaches its own BIO again, and never uses it.
            unsafe BIO_free(bio)
            apus_tls_clear_errors()
            let (status, consumed) = unsafe input.withUnsafeBufferPointer { bytes in
                unsafe io.pointee.input = bytes.baseAddress
                unsafe io.pointee.input_count = bytes.count
                let status = unsafe SSL_do_handshake(ssl)
                unsafe apus_tls12_note_finished(ssl, ExtraData.notes, io)
                return unsafe (status, bytes.count - io.pointee.input_count)
            }
            var outcome = TLSSession.Outcome.established
            var failure: TLSError?
            if status != 1 {
                outcome = unsafe SSL_get_error(ssl, status) == SSL_ERROR_WANT_READ ? .drained : .failed
                if outcome == .failed { unsafe failure = TLSError.ofSession(ssl) }
            }
            // There is no room but what grows.
            let output = unsafe Array(UnsafeBufferPointer(start: io.pointee.spill, count: io.pointee.spill_count))
            unsafe apus_tls_free_spill(io)
            unsafe io.deallocate()
            return Result(outcome: outcome, failure: failure, output: output, consumed: consumed)
        }
    }

    extension Connection {
        /// Has the step computed elsewhere; false when the pool takes no more work now.
        func sendAway(_ bytes: RawSpan, _ tls: TLSSession, _ handshake: TLSHandshake) -> Bool {
            if !tls.hasBegun, let failure = tls.begin() {
                breakTLS(failure, tls)
                return true
            }
            let offload = HandshakeOffload(session: tls.bits, input: unsafe bytes.withUnsafeBytes { unsafe Array($0) })
            let loop = self.loop
            let id = self.id
            let held = LoopBound(tls, to: loop)
            do throws(WorkError) {
                try WorkStealingPool.shared.submit {
                    let result = offload.run()
                    loop.execute { loop in
                        let tls = held.value
                        tls.flags.remove(.away)
                        if tls.flags.contains(.abandoned) { return tls.end() }
                        (loop.find(id) as? Connection)?.comeBack(result, offload.input, tls)
                    }
                }
            } catch {
                return false
            }
            tls.flags.insert(.away)
            pauseReceiving()
            return true
        }

        /// The step was computed.
        private func comeBack(_ result: HandshakeOffload.Result, _ input: [UInt8], _ tls: TLSSession) {
            guard isOpen, let handshake = tls.handshake else { return }
            tls.reattach()
            tls.workspace.writeHere()
            unsafe result.output.withUnsafeBytes { bytes in
                unsafe tls.append(bytes.baseAddress, from: 0, count: bytes.count, loop.buffers)
            }
            loop.flushAtEndOfTurn(self)
            startReceiving()
            // What came while it was away, behind what was not taken.
            var rest = loop.buffers.take(atLeast: input.count - result.consumed + handshake.input.count)
            unsafe rest.append(input.span.bytes.extracting(result.consumed..<input.count))
            rest.append(handshake.input.bytes)
            loop.buffers.give(handshake.takeInput())
            stepDone(result.outcome, result.failure, rest.bytes, 0, tls, handshake)
            if isOpen, result.outcome == .drained, !rest.isEmpty { receivedCiphertext(rest.bytes, tls) }
            loop.buffers.give(rest)
        }
    }
#endif
