#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    extension Connection {
        /// How long a connection whose handshake failed may take to hear why.
        private static let farewellMilliseconds: UInt64 = 2_000

        /// Attaches to the loop, and has the handshake done; a handler is made, and hears `connected`, after that.
        func openTLS(_ serving: TLSServing) {
            loop.attach(self)
            beginTLS(serving)
            startReceiving()
        }

        /// From now on TLS is spoken, in which we are the server; a handler is made after the handshake.
        func beginTLS(_ serving: TLSServing) {
            handler = nil
            let handshake = TLSHandshake(.server(serving))
            tls = TLSSession(TLSWorkspace.of(loop), handshake: handshake)
            setTimer(at: loop.tick + handshake.patience)
        }

        /// The server has answered: says hello.
        func beginTLSAsClient(_ handshake: TLSHandshake) {
            setTimer(at: loop.tick + handshake.patience)
            startReceiving()
            if let tls { goOn(RawSpan(), tls, handshake) }
        }

        /// Bytes came within the handshake.
        func receivedInHandshake(_ bytes: RawSpan, _ tls: TLSSession, _ handshake: TLSHandshake) {
            if !handshake.hasBegun, !handshake.isClient, Self.beginsHTTP(bytes) { return answerPlainHTTP(tls) }
            handshake.hasBegun = true
            goOn(bytes, tls, handshake)
        }

        /// Steps at once, or has the bytes wait for their turn.
        private func goOn(_ bytes: RawSpan, _ tls: TLSSession, _ handshake: TLSHandshake) {
            let queue = tls.workspace.handshakes
            if !handshake.isQueued, !tls.flags.contains(.away) {
                if handshake.isOffloaded, sendAway(bytes, tls, handshake) { return }
                if queue.mayStep(loop) { return step(bytes, tls, handshake) }
            }
            Self.append(bytes, to: &handshake.input, from: loop.buffers)
            guard !handshake.isQueued, !tls.flags.contains(.away) else { return }
            handshake.isQueued = true
            pauseReceiving()
            queue.enqueue(self)
        }

        /// The loop has time for the handshake again.
        func continueHandshake() {
            guard isOpen, let tls, let handshake = tls.handshake, handshake.isQueued else { return }
            handshake.isQueued = false
            var input = Buffer()
            swap(&input, &handshake.input)
            startReceiving()
            step(input.bytes, tls, handshake)
            loop.buffers.give(input)
        }

        private func step(_ bytes: RawSpan, _ tls: TLSSession, _ handshake: TLSHandshake) {
            let queue = tls.workspace.handshakes
            let began = queue.stepBegins()
            if !tls.hasBegun, let failure = tls.begin() { return breakTLS(failure, tls) }
            var offset = 0
            var early = 0
            let outcome = tls.step(bytes, &offset, &early)
            queue.stepEnds(began)
            let failure = outcome == .failed ? tls.takeError() : nil
            if early > 0, failure == nil {
                sendOutput(tls)
                showEarly(early, tls, handshake)
                guard isOpen, tls.flags.isDisjoint(with: .broken) else { return }
                if outcome == .full { return step(bytes.extracting(offset..<bytes.byteCount), tls, handshake) }
            }
            stepDone(outcome, failure, bytes, offset, tls, handshake)
        }

        /// Shows the handler, which is made for it, what a returning client sends before its handshake is done
        /// (RFC 8446, 2.3). Whoever recorded it may send it again: see `isReceivingEarly`.
        private func showEarly(_ count: Int, _ tls: TLSSession, _ handshake: TLSHandshake) {
            if !tls.flags.contains(.early) {
                tls.flags.insert(.early)
                beginServing(tls, handshake)
                guard isOpen else { return }
            }
            let plaintext = unsafe UnsafeRawPointer(tls.workspace.plaintext)
            unsafe show(RawSpan(_unsafeStart: plaintext, byteCount: count), tls)
        }

        /// Whether what the peer sends may have been recorded and sent again by somebody else: it returns, and its
        /// handshake is not done yet (0-RTT; RFC 8470). Only what changes nothing should be done for it now. It turns
        /// false as soon as the handshake proves that the peer is there. Loop only.
        public var isReceivingEarly: Bool { tls?.flags.contains(.early) ?? false }

        private func beginServing(_ tls: TLSSession, _ handshake: TLSHandshake) {
            if case .server(let serving) = handshake.role { setHandler(serving.serve(loop, tls.applicationProtocol)) }
            handler?.connected(self)
        }

        /// A step was computed, which has taken the bytes up to `offset`.
        func stepDone(
            _ outcome: TLSSession.Outcome, _ failure: TLSError?, _ bytes: RawSpan, _ offset: Int, _ tls: TLSSession,
            _ handshake: TLSHandshake
        ) {
            if let failure { return breakTLS(failure, tls) }
            sendOutput(tls)
            guard outcome == .established else { return }
            established(tls, handshake)
            guard isOpen, offset < bytes.byteCount else { return }
            receivedCiphertext(bytes.extracting(offset..<bytes.byteCount), tls)
        }

        private func established(_ tls: TLSSession, _ handshake: TLSHandshake) {
            tls.handshake = nil
            tls.flags.insert(.established)
            handshake.ended(nil, resumed: tls.isResumed)
            if handshake.yieldsRecords { tls.takeOver(cachedBy: handshake.cache) }
            if handshake.usesKernelTLS, tls.records != nil { tls.flags.insert(.mayUseKernel) }
            // A handler that was shown early data is there already, and has set the timer.
            if tls.flags.remove(.early) == nil {
                cancelTimer()
                beginServing(tls, handshake)
            }
            // What was written meanwhile leaves now.
            if isOpen { loop.flushAtEndOfTurn(self) }
        }

        // MARK: Failing

        /// No TLS any more: the alert that OpenSSL has written is sent, what is queued is dropped, and the connection
        /// closed; `closed` hears of the error.
        func breakTLS(_ error: TLSError, _ tls: TLSSession) {
            guard !tls.flags.contains(.broken) else { return }
            tls.flags.insert(.broken)
            tls.failure = error
            failureCode = EPROTO
            dropPlaintext()
            if error.kind == .notTLS, !tls.workspace.hasOutput { tls.alertPlainly(.unexpectedMessage) }
            if tls.flags.contains(.sealedByKernel), error.kind != .alertReceived, let alert = error.alert {
                _ = sendAlertByKernel(alert)
            }
            sendOutput(tls)
            setTimer(at: loop.tick + Self.farewellMilliseconds)
            if let handshake = tls.handshake {
                endHandshake(tls, handshake, error)
                // What the peer still sends must not destroy the alert.
                closeLingering()
            } else {
                closeAfterWriting()
            }
        }

        private func endHandshake(_ tls: TLSSession, _ handshake: TLSHandshake, _ error: TLSError) {
            tls.handshake = nil
            handshake.ended(error)
            loop.buffers.give(handshake.takeInput())
            tls.workspace.log.failed(error, with: remoteAddress, at: loop.tick)
        }

        /// Whether the handshake is still under way and there is no handler yet. Loop only.
        public var isHandshaking: Bool { tls.map { !$0.canEncrypt } ?? false }

        /// The timer fell due within the handshake, or after the failure.
        func tlsTimerFired(_ tls: TLSSession) {
            if tls.handshake != nil { giveUpHandshake(.late, ETIMEDOUT, tls) } else { close() }
        }

        /// The peer's end came within the handshake.
        func endedInHandshake(_ tls: TLSSession, _ handshake: TLSHandshake) {
            // One that says nothing at all looks whether the port answers; that is no failure to speak of.
            if handshake.isClient || handshake.hasBegun {
                giveUpHandshake(.unfinished, ECONNABORTED, tls)
            } else {
                close()
            }
        }

        /// There is nobody to hear an alert.
        private func giveUpHandshake(_ error: TLSError, _ code: CInt, _ tls: TLSSession) {
            guard let handshake = tls.handshake else { return }
            tls.flags.insert(.broken)
            tls.failure = error
            failureCode = code
            endHandshake(tls, handshake, error)
            close()
        }

        /// The connection is gone.
        func tlsClosed(_ tls: TLSSession) {
            if let handshake = tls.handshake {
                tls.handshake = nil
                handshake.ended(.unfinished)
                loop.buffers.give(handshake.takeInput())
            }
            tls.queue?.removeAll(into: loop.buffers)
            tls.queue = nil
            loop.buffers.give(tls.takeSending())
            tls.end()
        }

        // MARK: Plain HTTP

        /// Whether a peer begins with the method of an HTTP request: a record of TLS begins with a byte below 32, and
        /// the hello of SSL 2 with one above 127.
        private static func beginsHTTP(_ bytes: RawSpan) -> Bool {
            guard bytes.byteCount > 0 else { return false }
            let first = unsafe bytes.unsafeLoad(as: UInt8.self)
            return first >= UInt8(ascii: "A") && first <= UInt8(ascii: "Z")
        }

        /// Says, in plain HTTP, to use TLS, and closes.
        private func answerPlainHTTP(_ tls: TLSSession) {
            guard let handshake = tls.handshake, case .server(let serving) = handshake.role else { return }
            endHandshake(tls, handshake, TLSError(.plainHTTP, reason: "told to use https"))
            failureCode = EPROTO
            // From here on the connection speaks no TLS.
            self.tls = nil
            cancelTimer()
            let answer = serving.options.answerToPlainHTTP
            unsafe write(answer.span.bytes)
            closeLingering()
        }
    }

    extension TLSError {
        static let late = TLSError(.timedOut, reason: "no handshake")
        static let unfinished = TLSError(.truncated, reason: "the end came within the handshake")
        static let cutShort = TLSError(.truncated, reason: "the socket's end came first")
    }
#endif
