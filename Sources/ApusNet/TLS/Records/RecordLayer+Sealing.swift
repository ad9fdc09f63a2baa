#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// Writing records.
    extension RecordLayer {
        /// Writes the record of up to ``contentLimit`` bytes of application data, and a KeyUpdate before it when one is
        /// due; false without memory.
        ///
        /// - Parameters:
        ///   - content: The bytes.
        ///   - count: How many.
        ///   - extend: Gives the room for so many bytes behind what was written.
        @unsafe @inline(__always)
        func seal(_ content: UnsafeRawPointer, _ count: Int, _ extend: (Int) -> UnsafeMutablePointer<UInt8>?) -> Bool {
            if unsafe owesKeyUpdate || keys[1].sequence >= recordsPerKey {
                guard unsafe renewWriting(extend) else { return false }
            }
            return unsafe seal(ContentType.applicationData, content, count, extend)
        }

        @unsafe private func renewWriting(_ extend: (Int) -> UnsafeMutablePointer<UInt8>?) -> Bool {
            // Not asking for the peer's in return.
            let update: [UInt8] = [24, 0, 0, 1, 0]
            let isSealed = unsafe update.withUnsafeBytes { bytes in
                unsafe seal(ContentType.handshake, bytes.baseAddress.unsafelyUnwrapped, bytes.count, extend)
            }
            owesKeyUpdate = false
            ciphers.forgetWriter(owner)
            return unsafe isSealed
                && apus_tls_renew(ciphers.hmac(for: suite), suite.secretSize, suite.keySize, keys + 1)
        }

        /// Writes the record of an alert; false without memory.
        @unsafe func seal(_ alert: TLSAlert, _ extend: (Int) -> UnsafeMutablePointer<UInt8>?) -> Bool {
            let bytes: [UInt8] = [alert.isWarning ? 1 : 2, alert.rawValue]
            return unsafe bytes.withUnsafeBytes { bytes in
                unsafe seal(ContentType.alert, bytes.baseAddress.unsafelyUnwrapped, bytes.count, extend)
            }
        }

        /// Writes the record of at least a byte of some type; false without memory.
        @unsafe @inline(__always)
        func seal(
            _ type: UInt8, _ content: UnsafeRawPointer, _ count: Int, _ extend: (Int) -> UnsafeMutablePointer<UInt8>?
        ) -> Bool {
            guard let context = unsafe ciphers.sealing(owner, suite, keys + 1) else { return false }
            let bytes = unsafe content.assumingMemoryBound(to: UInt8.self)
            switch version {
            case .tls13:
                guard let record = unsafe extend(count + Int(apus_tls_record_overhead)) else { return false }
                return unsafe apus_tls_seal(context, keys + 1, type, bytes, count, record)
            case .tls12:
                let added = Self.headerSize + explicitNonceSize + Self.tagSize
                guard let record = unsafe extend(count + added) else { return false }
                return unsafe apus_tls12_seal(context, keys + 1, explicitNonceSize, type, bytes, count, record)
            }
        }
    }

    extension TLSAlert {
        /// Whether we go on after it, or end without a reproach (RFC 8446, 6.1; RFC 5246, 7.2).
        fileprivate var isWarning: Bool { self == .closeNotify || self == .userCanceled || self == .noRenegotiation }
    }
#endif
