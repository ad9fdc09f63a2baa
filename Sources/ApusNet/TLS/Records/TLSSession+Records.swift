#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// Decrypting and encrypting once the records are ours.
    extension TLSSession {
        /// Decrypts bytes from `offset` on, into the workspace; what the peer is to be told of them is written there too.
        func open(
            _ bytes: RawSpan, _ offset: inout Int, _ filled: inout Int, _ records: RecordLayer
        ) -> Outcome {
            let outcome = unsafe records.open(
                bytes, &offset, into: workspace.plaintext, room: TLSWorkspace.plaintextSize, &filled)
            let isKernels = flags.contains(.sealedByKernel)
            if records.owesRefusal, !isKernels, unsafe !records.refuseRenegotiation({ unsafe workspace.extend($0) }) {
                recordFailure = TLSError.queued("no memory for a record")
                return .failed
            }
            switch outcome {
            case .drained, .full:
                guard isKernels, let failure = failureOfKernel(records) else {
                    return outcome == .full ? .full : .drained
                }
                recordFailure = failure
            case .ended: return .ended
            case .alerted(let alert): recordFailure = .received(alert)
            case .refused(let alert, let reason):
                recordFailure = TLSError(.protocolViolation, reason: reason, alert: alert)
                if !isKernels { _ = unsafe records.seal(alert) { unsafe workspace.extend($0) } }
            }
            return .failed
        }

        /// What a kernel that makes our records can't do for the peer.
        private func failureOfKernel(_ records: RecordLayer) -> TLSError? {
            if records.owesKeyUpdate {
                let reason = "the peer wants another key, which the kernel can't be given"
                return TLSError(.failure, reason: reason, alert: .internalError)
            }
            return records.owesRefusal
                ? TLSError(.renegotiation, reason: "while the kernel makes the records", alert: .handshakeFailure) : nil
        }

        /// Encrypts all of the bytes, into the workspace's output.
        @unsafe func seal(_ bytes: UnsafeRawPointer, _ count: Int, _ records: RecordLayer) -> TLSError? {
            var done = 0
            while done < count {
                let part = min(count - done, RecordLayer.contentLimit)
                guard unsafe records.seal(bytes + done, part, { unsafe workspace.extend($0) }) else {
                    return TLSError.queued("no memory for a record")
                }
                done += part
            }
            return nil
        }
    }
#endif
