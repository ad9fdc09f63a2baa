#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    /// What a whole record says, by its header and once it is opened.
    extension RecordLayer {
        /// Why a record is refused by its header (RFC 8446, 5.1 and 5.2; RFC 5246, 6.2.3).
        func refusal(of header: RawSpan) -> Outcome? {
            let type = unsafe header.unsafeLoad(as: UInt8.self)
            let length = Self.size(of: header) - Self.headerSize
            let added = explicitNonceSize + Self.tagSize
            switch version {
            case .tls13:
                // Its version says nothing, and its type is within.
                guard type == ContentType.applicationData else {
                    return .refused(.unexpectedMessage, "a record that is not encrypted")
                }
                if length > Self.lengthLimit { return .refused(.recordOverflow, "a record of \(length) bytes") }
            case .tls12:
                guard type >= ContentType.alert, type <= ContentType.applicationData else {
                    return .refused(.unexpectedMessage, "a record of type \(type)")
                }
                guard unsafe header.unsafeLoadUnaligned(fromByteOffset: 1, as: UInt16.self) == 0x0303 else {
                    return .refused(.protocolVersion, "a record of another version")
                }
                if length > Self.contentLimit + added {
                    return .refused(.recordOverflow, "a record of \(length) bytes")
                }
            }
            if length < added { return .refused(.badRecordMAC, "a record too short for its tag") }
            return nil
        }

        /// Opens one; nil when the next may come.
        @unsafe func open(_ record: RawSpan, _ target: UnsafeMutableRawPointer, _ filled: inout Int) -> Outcome? {
            let text = unsafe (target + filled).assumingMemoryBound(to: UInt8.self)
            let length = record.byteCount - Self.headerSize
            let isTLS13 = version == .tls13
            let isOpened = unsafe record.withUnsafeBytes { bytes in
                guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    let context = unsafe ciphers.opening(owner, suite, keys)
                else { return false }
                return unsafe isTLS13
                    ? apus_tls_open(context, keys, start, length, text)
                    : apus_tls12_open(context, keys, explicitNonceSize, start, length, text)
            }
            guard isOpened else {
                apus_tls_clear_errors()
                return .refused(.badRecordMAC, "a record that was changed or is out of order")
            }
            var count = length - Self.tagSize - explicitNonceSize
            var type = unsafe record.unsafeLoad(as: UInt8.self)
            if isTLS13 {
                guard count <= Self.contentLimit + 1 else {
                    return .refused(.recordOverflow, "a record of too much content")
                }
                // Padding is zeroes behind the content type.
                while count > 0, unsafe text[count - 1] == 0 { count -= 1 }
                guard count > 0 else { return .refused(.unexpectedMessage, "a record without a content type") }
                count -= 1
                unsafe type = text[count]
            }
            if type == ContentType.applicationData {
                guard messageCount == 0 else { return .refused(.unexpectedMessage, "data within a message") }
                guard count > 0 else { return countIdle() }
                idleRecords = 0
                filled += count
                return nil
            }
            return unsafe control(type, RawSpan(_unsafeStart: UnsafeRawPointer(text), byteCount: count))
        }

        private func countIdle() -> Outcome? {
            idleRecords += 1
            return idleRecords > Self.idleRecordLimit
                ? .refused(.unexpectedMessage, "too many records without content") : nil
        }

        /// A record that is no application data.
        @inline(never) private func control(_ type: UInt8, _ bytes: RawSpan) -> Outcome? {
            if let refusal = countIdle() { return refusal }
            switch type {
            case ContentType.handshake: return read(message: bytes)
            case ContentType.alert: return read(alert: bytes)
            default: return .refused(.unexpectedMessage, "a record of type \(type)")
            }
        }
    }
#endif
