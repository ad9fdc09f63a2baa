#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL
    import CSystem
    import Synchronization

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// Kernel TLS, for sending: where a connection comes to a large file, the kernel gets the key for writing, and makes
    /// the records of the file, which leaves by `sendfile`, and of all that follows. Received records stay ours.
    ///
    /// The kernels on which Apus is tested have no TLS. What is tested is what a kernel is told, and that a server serves
    /// as ever where there is none; so this is off unless it is asked for.
    enum KernelTLS {
        /// What is left of a file that is worth the three system calls.
        static let smallestFile = 256 << 10
        /// Whether the kernel has said that it knows no TLS.
        private static let isMissing = Atomic<Bool>(false)

        /// Gives the key for writing to the kernel; false where it does not take it.
        static func seals(_ records: RecordLayer, on descriptor: CInt) -> Bool {
            guard !isMissing.load(ordering: .relaxed), !records.owesKeyUpdate else { return false }
            let (version, suite) = (records.version.rawValue, records.suite.rawValue)
            let result = unsafe records.withWritingKey { key, base, sequence in
                unsafe apus_ktls_seal_errno(descriptor, version, suite, key, base, sequence)
            }
            if result == -ENOENT { isMissing.store(true, ordering: .relaxed) }
            return result == 0
        }

        /// For the tests: what the kernel is told.
        static func description(of records: RecordLayer) -> [UInt8] {
            var said = [UInt8](repeating: 0, count: Int(APUS_KTLS_SIZE))
            let (version, suite) = (records.version.rawValue, records.suite.rawValue)
            let count = unsafe records.withWritingKey { key, base, sequence in
                unsafe apus_ktls_describe(version, suite, key, base, sequence, &said)
            }
            return Array(said[..<count])
        }
    }

    extension RecordLayer {
        /// Shows the key for writing, the base of its nonces, and the number of the next record: after a kernel took
        /// them, nothing may be sealed here.
        @unsafe func withWritingKey<Result>(
            _ body: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, UInt64) -> Result
        ) -> Result {
            unsafe withUnsafeBytes(of: &keys[1].key) { key in
                unsafe withUnsafeBytes(of: &keys[1].iv) { base in
                    unsafe body(
                        key.assumingMemoryBound(to: UInt8.self).baseAddress.unsafelyUnwrapped,
                        base.assumingMemoryBound(to: UInt8.self).baseAddress.unsafelyUnwrapped, keys[1].sequence)
                }
            }
        }

        /// Counts records that a kernel has sealed.
        func countSealed(_ count: UInt64) { unsafe keys[1].sequence += count }

        /// Whether the key has protected as many records as it may.
        var isKeyUsedUp: Bool { unsafe keys[1].sequence >= recordsPerKey }
    }

    extension Connection {
        /// Has the kernel encrypt from now on, when a large file comes next and nothing waits before it.
        func handKeyToKernel(_ tls: TLSSession) -> Bool {
            guard tls.flags.contains(.mayUseKernel), loop.sendsAtOnce, !tls.isWaiting, let records = tls.records,
                let part = queue?.firstTransfer, case .file = part.source, part.count >= KernelTLS.smallestFile
            else { return false }
            tls.flags.remove(.mayUseKernel)
            guard KernelTLS.seals(records, on: descriptor) else { return false }
            tls.flags.insert(.sealedByKernel)
            return true
        }

        /// Sends in the clear what the kernel encrypts.
        func sendToKernel(_ tls: TLSSession) {
            if tls.flags.contains(.broken) { dropPlaintext() }
            let before = bytesSent
            sendQueued()
            guard isOpen, let records = tls.records, tls.flags.isDisjoint(with: .broken) else { return }
            // More than the kernel can have made of it: one for each call, and for each 16 KiB.
            records.countSealed(UInt64(bytesSent &- before) >> 12 + UInt64(WriteQueue.vectorLimit))
            if records.isKeyUsedUp {
                let reason = "the kernel can't be given the next key"
                breakTLS(TLSError(.failure, reason: reason, alert: .internalError), tls)
            }
        }

        /// Has the kernel send an alert; false when it has no room for it now.
        func sendAlertByKernel(_ alert: TLSAlert) -> Bool {
            let level: UInt8 = alert == .closeNotify ? 1 : 2
            return apus_ktls_send_alert_errno(descriptor, level, alert.rawValue) != -EAGAIN
        }
    }
#endif
