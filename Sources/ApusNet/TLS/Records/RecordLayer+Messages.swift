#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    /// What a peer may say after the handshake besides its data: alerts, and few messages.
    extension RecordLayer {
        /// One alert, whole (RFC 8446, 6; RFC 5246, 7.2).
        func read(alert bytes: RawSpan) -> Outcome? {
            guard messageCount == 0 else { return .refused(.unexpectedMessage, "an alert within a message") }
            guard bytes.byteCount == 2 else { return .refused(.decodeError, "an alert of \(bytes.byteCount) bytes") }
            let level = unsafe bytes.unsafeLoad(as: UInt8.self)
            let alert = TLSAlert(rawValue: unsafe bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self))
            if alert == .closeNotify { return .ended }
            switch version {
            // A farewell follows it; of the others the level says nothing.
            case .tls13: return alert == .userCanceled ? nil : .alerted(alert)
            case .tls12:
                if level == 1 { return nil }
                return level == 2 ? .alerted(alert) : .refused(.illegalParameter, "an alert of level \(level)")
            }
        }

        /// Handshake messages that a server may get when the handshake is done.
        func read(message bytes: RawSpan) -> Outcome? {
            // RFC 8446, 5.1; RFC 5246, 6.2.1.
            guard bytes.byteCount > 0 else { return .refused(.unexpectedMessage, "an empty record of messages") }
            switch version {
            case .tls13: return read(keyUpdate: bytes)
            case .tls12: return skip(hello: bytes)
            }
        }

        // MARK: TLS 1.3

        /// KeyUpdate (RFC 8446, 4.6.3).
        private func read(keyUpdate bytes: RawSpan) -> Outcome? {
            for index in 0..<bytes.byteCount {
                let byte = UInt64(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
                message = message << 8 | byte
                messageCount += 1
                switch messageCount {
                case 1 where byte != 24: return .refused(.unexpectedMessage, "a message of type \(byte)")
                case 4 where message & 0xff_ffff != 1: return .refused(.decodeError, "a KeyUpdate of a wrong length")
                case 5:
                    guard byte <= 1 else { return .refused(.illegalParameter, "a KeyUpdate that asks for \(byte)") }
                    // The next record has the next key: nothing may stand behind it in this one.
                    guard index == bytes.byteCount - 1 else {
                        return .refused(.unexpectedMessage, "bytes behind a KeyUpdate")
                    }
                    message = 0
                    messageCount = 0
                    return renewReading(andWriting: byte == 1)
                default: break
                }
            }
            return nil
        }

        private func renewReading(andWriting isAsked: Bool) -> Outcome? {
            ciphers.forgetReader(owner)
            guard unsafe apus_tls_renew(ciphers.hmac(for: suite), suite.secretSize, suite.keySize, keys) else {
                return .refused(.internalError, "no memory for a key")
            }
            if isAsked { owesKeyUpdate = true }
            return nil
        }

        // MARK: TLS 1.2

        /// A ClientHello, by which a client wants to negotiate anew: nobody looks into it, and it is turned down, after
        /// which the connection may go on (RFC 5246, 7.2.2).
        private func skip(hello bytes: RawSpan) -> Outcome? {
            var index = 0
            while index < bytes.byteCount {
                if messageCount < 4 {
                    let byte = UInt64(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
                    if messageCount == 0, byte != 1 { return .refused(.unexpectedMessage, "a message of type \(byte)") }
                    index += 1
                    messageCount += 1
                    message = (message << 8 | byte) & 0xff_ffff
                } else {
                    let part = min(bytes.byteCount - index, Int(message))
                    index += part
                    message -= UInt64(part)
                }
                if messageCount == 4, message == 0 {
                    messageCount = 0
                    owesRefusal = true
                }
            }
            return nil
        }

        /// Writes that we don't negotiate anew; false without memory.
        func refuseRenegotiation(_ extend: (Int) -> UnsafeMutablePointer<UInt8>?) -> Bool {
            owesRefusal = false
            return unsafe seal(.noRenegotiation, extend)
        }
    }
#endif
