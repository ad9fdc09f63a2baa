#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    /// The record protocol of TLS 1.3 after the handshake (RFC 8446, 5): bytes in, content out, and the other way. It
    /// knows no socket. Loop only.
    ///
    /// ```
    ///   input ── header ── whole record ── opened ─┬─ application data ── shown
    ///              │             │          │      ├─ handshake: KeyUpdate, nothing else
    ///              └─────────────┴──────────┴──────┴─ alert: the farewell, or the end
    ///                     refused, by an alert
    /// ```
    ///
    /// A record that is not whole waits in a pooled buffer of its size; nothing else is kept but keys.
    @safe final class RecordLayer {
        /// The most content of a record (RFC 8446, 5.1).
        static let contentLimit = 16 << 10
        /// The most that follows a header (RFC 8446, 5.2).
        static let lengthLimit = contentLimit + 256
        static let headerSize = 5
        static let tagSize = 16
        /// What opening a record may write.
        static let roomToOpen = lengthLimit - tagSize
        /// What a sealed record takes beyond its content: its own overhead, and a KeyUpdate before it.
        static let overhead = 2 * Int(apus_tls_record_overhead) + 5
        /// Records without content, and changes of keys, that may follow one another; OpenSSL stops at the same.
        static let idleRecordLimit = 32

        /// What became of a call.
        enum Outcome: Equatable {
            /// All was taken, and more must come.
            case drained
            /// There is no room for another record.
            case full
            /// The peer's farewell came; what follows it is not looked at.
            case ended
            /// The peer gave up.
            case alerted(TLSAlert)
            /// The peer broke the protocol, and is to be told so.
            case refused(TLSAlert, String)
        }

        /// What a record holds (RFC 8446, 5.1).
        enum ContentType {
            static let alert: UInt8 = 21
            static let handshake: UInt8 = 22
            static let applicationData: UInt8 = 23
        }

        let suite: RecordSuite
        private let ciphers: RecordCiphers
        private let pool: BufferPool
        private let owner: UInt64
        /// Those for reading, those for writing.
        let keys: UnsafeMutablePointer<apus_tls_keys>
        let recordsPerKey: UInt64
        /// The record of which a part has come.
        @safe @exclusivity(unchecked) private(set) var partial = Buffer()
        /// The message of which a part has come, in its first bytes: none that is allowed has more than five.
        @safe @exclusivity(unchecked) private var message: UInt64 = 0
        @safe @exclusivity(unchecked) private var messageCount: UInt8 = 0
        /// Records without content since the last one that had some.
        @safe @exclusivity(unchecked) private var idleRecords: UInt8 = 0
        /// The peer wants us to change our key: done before the next content is sealed (RFC 8446, 4.6.3).
        @safe @exclusivity(unchecked) private(set) var owesKeyUpdate = false

        /// Goes on with what a handshake agreed on.
        ///
        /// - Parameters:
        ///   - suite: The cipher suite.
        ///   - reading: The peer's traffic secret, and how many records it has used it for.
        ///   - writing: Ours.
        ///   - ciphers: Those of the loop.
        ///   - pool: Where a record waits until it is whole.
        ///   - recordsPerKey: After so many records we change our key.
        init?(
            _ suite: RecordSuite, reading: (secret: RawSpan, sequence: UInt64),
            writing: (secret: RawSpan, sequence: UInt64), ciphers: RecordCiphers, pool: BufferPool,
            recordsPerKey: UInt64? = nil
        ) {
            self.suite = suite
            self.ciphers = ciphers
            self.pool = pool
            self.recordsPerKey = recordsPerKey ?? suite.recordsPerKey
            owner = ciphers.makeOwner()
            unsafe keys = .allocate(capacity: 2)
            unsafe keys.initialize(repeating: apus_tls_keys(), count: 2)
            let read = unsafe Self.begin(keys, suite, reading.secret, reading.sequence, ciphers)
            let write = unsafe Self.begin(keys + 1, suite, writing.secret, writing.sequence, ciphers)
            guard read, write else { return nil }
        }

        deinit {
            ciphers.forget(owner)
            unsafe apus_tls_cleanse(keys)
            unsafe apus_tls_cleanse(keys + 1)
            unsafe keys.deallocate()
        }

        @unsafe private static func begin(
            _ keys: UnsafeMutablePointer<apus_tls_keys>, _ suite: RecordSuite, _ secret: RawSpan, _ sequence: UInt64,
            _ ciphers: RecordCiphers
        ) -> Bool {
            guard secret.byteCount == suite.secretSize else { return false }
            unsafe withUnsafeMutableBytes(of: &keys.pointee.secret) { place in
                unsafe secret.withUnsafeBytes { unsafe place.copyMemory(from: $0) }
            }
            guard unsafe apus_tls_derive(ciphers.hmac(for: suite), suite.secretSize, suite.keySize, keys) else {
                return false
            }
            unsafe keys.pointee.sequence = sequence
            return true
        }

        // MARK: Reading

        /// Opens records from `offset` on, and appends their content to what is at `target` already.
        ///
        /// - Parameters:
        ///   - input: What came.
        ///   - offset: What of it was taken before, and then what of it is taken.
        ///   - target: Where the content goes.
        ///   - room: How much has room there; at least ``roomToOpen``.
        ///   - filled: The bytes there.
        @unsafe func open(
            _ input: RawSpan, _ offset: inout Int, into target: UnsafeMutableRawPointer, room: Int,
            _ filled: inout Int
        ) -> Outcome {
            while offset < input.byteCount {
                guard room - filled >= Self.roomToOpen else { return .full }
                var outcome: Outcome?
                if partial.isEmpty {
                    let rest = input.extracting(offset..<input.byteCount)
                    guard rest.byteCount >= Self.headerSize else {
                        wait(rest, for: Self.headerSize, &offset)
                        return .drained
                    }
                    if let refusal = refusal(of: rest) { return refusal }
                    let size = Self.size(of: rest)
                    guard rest.byteCount >= size else {
                        wait(rest, for: size, &offset)
                        return .drained
                    }
                    offset += size
                    outcome = unsafe open(rest.extracting(first: size), target, &filled)
                } else {
                    if partial.count < Self.headerSize {
                        fill(input, &offset, upTo: Self.headerSize)
                        guard partial.count >= Self.headerSize else { return .drained }
                    }
                    if let refusal = refusal(of: partial.bytes) { return refusal }
                    let size = Self.size(of: partial.bytes)
                    fill(input, &offset, upTo: size)
                    guard partial.count == size else { return .drained }
                    var whole = Buffer()
                    swap(&whole, &partial)
                    outcome = unsafe open(whole.bytes, target, &filled)
                    pool.give(whole)
                }
                if let outcome { return outcome }
            }
            return .drained
        }

        /// Gives back what waits.
        func giveBack() {
            var rest = Buffer()
            swap(&rest, &partial)
            pool.give(rest)
        }

        private static func size(of header: RawSpan) -> Int {
            let high = unsafe header.unsafeLoad(fromByteOffset: 3, as: UInt8.self)
            let low = unsafe header.unsafeLoad(fromByteOffset: 4, as: UInt8.self)
            return headerSize + Int(high) << 8 + Int(low)
        }

        /// Why a record is refused by its header (RFC 8446, 5.1 and 5.2). Its version says nothing.
        private func refusal(of header: RawSpan) -> Outcome? {
            guard unsafe header.unsafeLoad(as: UInt8.self) == ContentType.applicationData else {
                return .refused(.unexpectedMessage, "a record that is not encrypted")
            }
            let length = Self.size(of: header) - Self.headerSize
            if length > Self.lengthLimit { return .refused(.recordOverflow, "a record of \(length) bytes") }
            if length < Self.tagSize { return .refused(.badRecordMAC, "a record too short for its tag") }
            return nil
        }

        /// Keeps the first part of a record.
        private func wait(_ part: RawSpan, for size: Int, _ offset: inout Int) {
            partial = pool.take(atLeast: size)
            partial.append(part)
            offset += part.byteCount
        }

        /// Adds to it, up to a size.
        private func fill(_ input: RawSpan, _ offset: inout Int, upTo size: Int) {
            let count = min(size - partial.count, input.byteCount - offset)
            guard count > 0 else { return }
            if partial.available < count { Connection.grow(&partial, by: size - partial.count, from: pool) }
            partial.append(input.extracting(offset..<offset + count))
            offset += count
        }

        /// Opens one; nil when the next may come.
        @unsafe private func open(
            _ record: RawSpan, _ target: UnsafeMutableRawPointer, _ filled: inout Int
        ) -> Outcome? {
            let text = unsafe (target + filled).assumingMemoryBound(to: UInt8.self)
            let length = record.byteCount - Self.headerSize
            let isOpened = unsafe record.withUnsafeBytes { bytes in
                guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    let context = unsafe ciphers.opening(owner, suite, keys)
                else { return false }
                return unsafe apus_tls_open(context, keys, start, length, text)
            }
            guard isOpened else {
                apus_tls_clear_errors()
                return .refused(.badRecordMAC, "a record that was changed or is out of order")
            }
            var end = length - Self.tagSize
            guard end <= Self.contentLimit + 1 else { return .refused(.recordOverflow, "a record of too much content") }
            // Padding is zeroes behind the content type.
            while end > 0, unsafe text[end - 1] == 0 { end -= 1 }
            guard end > 0 else { return .refused(.unexpectedMessage, "a record without a content type") }
            let count = end - 1
            let type = unsafe text[count]
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

        // MARK: Alerts and messages

        /// A record that is no application data.
        @inline(never) private func control(_ type: UInt8, _ bytes: RawSpan) -> Outcome? {
            if let refusal = countIdle() { return refusal }
            switch type {
            case ContentType.handshake: return read(message: bytes)
            case ContentType.alert:
                // RFC 8446, 6: one alert, whole, whose level says nothing.
                guard messageCount == 0 else { return .refused(.unexpectedMessage, "an alert within a message") }
                guard bytes.byteCount == 2 else {
                    return .refused(.decodeError, "an alert of \(bytes.byteCount) bytes")
                }
                let alert = TLSAlert(rawValue: unsafe bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self))
                if alert == .closeNotify { return .ended }
                // A farewell follows it.
                if alert == .userCanceled { return nil }
                return .alerted(alert)
            default: return .refused(.unexpectedMessage, "a record of type \(type)")
            }
        }

        /// Post-handshake messages that a server may get: KeyUpdate (RFC 8446, 4.6.3).
        private func read(message bytes: RawSpan) -> Outcome? {
            // RFC 8446, 5.1.
            guard bytes.byteCount > 0 else { return .refused(.unexpectedMessage, "an empty record of messages") }
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

        // MARK: Writing

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
            let bytes: [UInt8] = [alert == .closeNotify || alert == .userCanceled ? 1 : 2, alert.rawValue]
            return unsafe bytes.withUnsafeBytes { bytes in
                unsafe seal(ContentType.alert, bytes.baseAddress.unsafelyUnwrapped, bytes.count, extend)
            }
        }

        @unsafe @inline(__always)
        private func seal(
            _ type: UInt8, _ content: UnsafeRawPointer, _ count: Int, _ extend: (Int) -> UnsafeMutablePointer<UInt8>?
        ) -> Bool {
            guard let context = unsafe ciphers.sealing(owner, suite, keys + 1),
                let record = unsafe extend(count + Int(apus_tls_record_overhead))
            else { return false }
            return unsafe apus_tls_seal(
                context, keys + 1, type, content.assumingMemoryBound(to: UInt8.self), count, record)
        }

        /// For the tests: what a direction stands at.
        func state(ofWriting isWriting: Bool) -> (key: [UInt8], nonceBase: [UInt8], sequence: UInt64) {
            let place = unsafe keys + (isWriting ? 1 : 0)
            let key = unsafe withUnsafeBytes(of: &place.pointee.key) { unsafe Array($0.prefix(suite.keySize)) }
            let base = unsafe withUnsafeBytes(of: &place.pointee.iv) { unsafe Array($0) }
            return unsafe (key, base, place.pointee.sequence)
        }
    }
#endif
