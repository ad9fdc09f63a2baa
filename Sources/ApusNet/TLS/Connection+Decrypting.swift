#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    extension Connection {
        /// Bytes came on a connection that speaks TLS. All of them are taken: a record that is not whole stays in
        /// OpenSSL's state, what is decrypted while the handler wants nothing stays in the kept bytes.
        func receivedCiphertext(_ bytes: RawSpan, _ tls: TLSSession) {
            if let handshake = tls.handshake { return receivedInHandshake(bytes, tls, handshake) }
            guard flags.isDisjoint(with: .deaf), tls.flags.isDisjoint(with: [.broken, .peerEnded]) else { return }
            var offset = 0
            while true {
                var filled = 0
                let outcome = tls.decrypt(bytes, &offset, &filled)
                let error = outcome == .failed ? tls.takeError() : nil
                // An answer that OpenSSL gives by itself, or its alert; before a handler can write.
                if tls.workspace.hasOutput { sendOutput(tls) }
                if filled > 0 {
                    // Through a variable: the optimiser of Swift 6.3 fails at a span of what a property holds.
                    let plaintext = unsafe UnsafeRawPointer(tls.workspace.plaintext)
                    unsafe show(RawSpan(_unsafeStart: plaintext, byteCount: filled), tls)
                    guard isOpen, tls.flags.isDisjoint(with: .broken) else { return }
                }
                if let error { return breakTLS(error, tls) }
                if outcome == .ended { return farewellReceived(tls) }
                if outcome != .full || !flags.isDisjoint(with: .deaf) { return }
            }
        }

        /// Shows the handler what was decrypted, or keeps it until the handler wants it.
        func show(_ bytes: RawSpan, _ tls: TLSSession) {
            if isReceiving { return receivedPlaintext(bytes) }
            // What comes from the driver could wait there; this is here already.
            guard flags.isDisjoint(with: .deaf) else { return }
            keep(bytes)
            tls.flags.insert(.owesBytes)
            owesBytes = true
        }

        /// The handler wants bytes again: shows it what was decrypted during the pause, and the end that came then.
        func showOwed(_ tls: TLSSession) {
            owesBytes = false
            if tls.flags.remove(.owesBytes) != nil { presentKept() }
            guard isOpen, tls.flags.contains(.owesEnd) else { return }
            guard isReceiving else {
                owesBytes = true
                return
            }
            tls.flags.remove(.owesEnd)
            tellEnd()
        }

        /// The peer will send nothing more, and says so (RFC 8446, 6.1): what was received is whole.
        private func farewellReceived(_ tls: TLSSession) {
            tls.flags.insert(.peerEnded)
            guard flags.isDisjoint(with: .deaf) else { return }
            guard isReceiving else {
                tls.flags.insert(.owesEnd)
                owesBytes = true
                handler?.peerHungUp(on: self)
                return
            }
            tellEnd()
        }

        private func tellEnd() {
            guard !flags.contains(.peerEnded) else { return }
            flags.insert(.peerEnded)
            handler?.receivedEnd(on: self)
        }

        /// The socket's end came.
        func receivedSocketEnd(_ tls: TLSSession) {
            if let handshake = tls.handshake { return endedInHandshake(tls, handshake) }
            if flags.contains(.lingering) { return close() }
            guard !flags.contains(.peerEnded) else { return }
            flags.insert(.peerEnded)
            guard flags.isDisjoint(with: .deaf), !tls.flags.contains(.broken) else { return }
            // Anybody on the way could have sent it: what was received may be cut short.
            tls.failure = .cutShort
            failureCode = ECONNABORTED
            handler?.receivedTruncation(on: self)
        }
    }
#endif
