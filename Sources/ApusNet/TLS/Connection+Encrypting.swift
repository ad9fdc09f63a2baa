#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    extension Connection {
        /// What one connection encrypts in one turn: the other connections come next.
        private static let encryptedPerTurn = 512 << 10
        private static let recordLimit = TLSWorkspace.recordLimit

        /// The turn ends: sends what can be sent.
        func flushTLS(_ tls: TLSSession) {
            if owesBytes, isReceiving {
                showOwed(tls)
                guard isOpen else { return }
            }
            if !isAwaitingWritable { sendEncrypted(tls) }
        }

        /// Encrypts and sends until nothing is queued, the kernel has no room, or the turn's part is used up.
        private func sendEncrypted(_ tls: TLSSession) {
            if tls.flags.contains(.sealedByKernel) { return sendToKernel(tls) }
            guard sendCiphertext(tls), tls.canEncrypt else { return }
            if tls.flags.contains(.broken) { dropPlaintext() }
            var left = Self.encryptedPerTurn
            while plainCount > 0 {
                guard left > 0 else { return awaitWritable() }
                if handKeyToKernel(tls) { return sendToKernel(tls) }
                guard let taken = encryptPortion(tls) else { return }
                left -= taken
                noteLowWater()
                guard isOpen, !tls.isWaiting else { return }
            }
            // Our farewell belongs behind the handshake.
            if tls.handshake == nil { sentEverything() }
        }

        /// Forgets what can't be encrypted any more.
        func dropPlaintext() {
            giveOutputBack()
            queue?.removeAll(into: loop.buffers)
        }

        /// Bytes that are not encrypted yet.
        private var plainCount: Int { output.count + (queue?.count ?? 0) }

        /// Writes bytes, encrypted from where they are, and sends them now when nothing waits before them.
        func writeThrough(_ bytes: RawSpan, _ tls: TLSSession) {
            guard loop.sendsAtOnce, plainCount == 0, tls.queue == nil, tls.canEncrypt, !isAwaitingWritable,
                tls.flags.isDisjoint(with: [.broken, .ended, .sealedByKernel])
            else { return write(bytes) }
            var done = 0
            while done < bytes.byteCount, tls.queue == nil {
                let count = min(bytes.byteCount - done, TLSWorkspace.portion)
                tls.workspace.writeHere()
                let failure = unsafe bytes.withUnsafeBytes { all in
                    unsafe tls.encrypt(all.baseAddress.unsafelyUnwrapped + done, count)
                }
                if let failure { return breakTLS(failure, tls) }
                sendOutput(tls)
                done += count
            }
            if done < bytes.byteCount, isOpen { write(bytes.extracting(done..<bytes.byteCount)) }
        }

        // MARK: Encrypting

        /// Encrypts up to a portion of what is queued, and sends it; the number of bytes, nil when the connection is
        /// broken.
        private func encryptPortion(_ tls: TLSSession) -> Int? {
            let taken: Int
            let failure: TLSError?
            if loop.sendsAtOnce {
                tls.workspace.writeHere()
                (taken, failure) = encrypt(atMost: TLSWorkspace.portion, tls)
                if failure == nil { sendOutput(tls) }
            } else {
                // The kernel reads later: the bytes go where they can stay.
                let count = min(plainCount, TLSWorkspace.pooledPortion)
                var buffer = loop.buffers.take(atLeast: TLSWorkspace.ciphertextSize(of: count))
                unsafe tls.workspace.write(to: buffer.availableAddress, room: buffer.available)
                (taken, failure) = encrypt(atMost: count, tls)
                unsafe buffer.didWrite(tls.workspace.takeOutput())
                if failure == nil, isOpen { send(buffer, tls) } else { tls.append(buffer) }
                sendOutput(tls)
            }
            if let failure {
                breakTLS(failure, tls)
                return nil
            }
            return isOpen && taken > 0 ? taken : nil
        }

        private func encrypt(atMost limit: Int, _ tls: TLSSession) -> (Int, TLSError?) {
            guard let queue else {
                let count = min(output.count, limit)
                let failure = unsafe tls.encrypt(output.baseAddress, count)
                if count == output.count { giveOutputBack() } else { output.discard(count) }
                return (count, failure)
            }
            queueOutput()
            var done = 0
            while done < limit, !queue.isEmpty {
                let room = limit - done
                if let front = unsafe queue.firstBytes, front.count >= Self.recordLimit || front.count == queue.count {
                    // Whole records, unless it is the last.
                    var count = min(front.count, room)
                    if count < front.count, count > Self.recordLimit { count -= count % Self.recordLimit }
                    if let failure = unsafe tls.encrypt(front.baseAddress.unsafelyUnwrapped, count) {
                        return (done, failure)
                    }
                    queue.discard(count, into: loop.buffers)
                    done += count
                } else {
                    let count = gather(atMost: min(room, Self.recordLimit), queue, tls)
                    guard count > 0 else { return (done, nil) }
                    if let failure = unsafe tls.encrypt(tls.workspace.gathered, count) { return (done, failure) }
                    done += count
                }
            }
            return (done, nil)
        }

        /// Brings the bytes in front together, those of files too, so that they fill a record; 0 when the connection
        /// broke.
        private func gather(atMost limit: Int, _ queue: WriteQueue, _ tls: TLSSession) -> Int {
            var count = 0
            while count < limit, !queue.isEmpty {
                let target = unsafe tls.workspace.gathered + count
                let part: Int
                if let front = unsafe queue.firstBytes {
                    part = min(front.count, limit - count)
                    unsafe target.copyMemory(from: front.baseAddress.unsafelyUnwrapped, byteCount: part)
                } else {
                    part = unsafe read(queue, into: target, atMost: limit - count)
                    guard part > 0 else { return 0 }
                }
                queue.discard(part, into: loop.buffers)
                count += part
            }
            return count
        }

        /// Reads from the file in front; 0 when the connection broke for it.
        @unsafe private func read(_ queue: WriteQueue, into target: UnsafeMutableRawPointer, atMost limit: Int) -> Int {
            guard let part = queue.firstTransfer, case .file(let file) = part.source else { return 0 }
            let got = unsafe pread(file.descriptor, target, min(limit, part.count), off_t(part.offset))
            if got > 0 { return got }
            failed(got < 0 ? SystemError(call: "pread") : SystemError(code: EIO, call: "pread"))
            return 0
        }

        // MARK: Sending

        /// Sends what OpenSSL has written; what the kernel has no room for is kept.
        func sendOutput(_ tls: TLSSession) {
            let workspace = tls.workspace
            guard workspace.hasOutput else { return }
            var sent = 0
            if loop.sendsAtOnce, tls.queue == nil, !isAwaitingWritable, isOpen {
                let result = unsafe send(workspace.output)
                // A failure shows again when the turn ends: a handler is not told of the end from inside its own call.
                if case .sent(let count) = result { sent = count }
            }
            let rest = unsafe workspace.output.count - sent
            if rest > 0 || workspace.hasSpill {
                unsafe tls.append(workspace.output.baseAddress, from: sent, count: rest, loop.buffers)
                unsafe tls.append(workspace.spill.baseAddress, from: 0, count: workspace.spill.count, loop.buffers)
                loop.flushAtEndOfTurn(self)
            }
            workspace.forgetOutput()
        }

        /// Gives a buffer, before which nothing waits, to a driver that sends later.
        private func send(_ buffer: consuming Buffer, _ tls: TLSSession) {
            let result = unsafe send(UnsafeRawBufferPointer(start: buffer.baseAddress, count: buffer.count))
            if case .pending = result {
                tls.flags.insert(.sending)
                tls.sending = buffer
                return
            }
            if case .sent(let count) = result { buffer.discard(count) }
            // A failure shows again when the rest is sent.
            if buffer.isEmpty { loop.buffers.give(buffer) } else { tls.append(buffer) }
            if tls.queue != nil { loop.flushAtEndOfTurn(self) }
        }

        /// Sends the ciphertext that waits; true when none does any more.
        private func sendCiphertext(_ tls: TLSSession) -> Bool {
            guard !tls.flags.contains(.sending) else { return false }
            while let queue = tls.queue {
                if queue.isEmpty {
                    tls.queue = nil
                    break
                }
                guard !queue.isPending, !isAwaitingWritable else { return false }
                let result = unsafe queue.withPieces { pieces, more in unsafe send(pieces, more: more) }
                switch result {
                case .sent(let count): queue.discard(count, into: loop.buffers)
                case .pending: queue.isPending = true
                case .failed(let error):
                    failed(error)
                    return false
                }
            }
            return isOpen
        }

        /// A send has ended.
        func ciphertextSent(_ count: Int, _ tls: TLSSession) {
            if tls.flags.contains(.sending) {
                tls.flags.remove(.sending)
                tls.sending.discard(count)
                let rest = tls.takeSending()
                // Seldom: the kernel took a part only, and what else waits comes behind the rest.
                if rest.isEmpty { loop.buffers.give(rest) } else { tls.putBack(rest, loop.buffers) }
                return noteLowWater()
            }
            guard let queue = tls.queue, queue.isPending else { return }
            queue.isPending = false
            queue.discard(count, into: loop.buffers)
            if queue.isEmpty { tls.queue = nil }
            noteLowWater()
        }

        /// Says farewell, once; true when it is on its way, and all that was before it.
        func sendFarewell(_ tls: TLSSession) -> Bool {
            if tls.flags.contains(.sealedByKernel) {
                guard tls.flags.isDisjoint(with: [.ended, .broken]) else { return true }
                guard sendAlertByKernel(.closeNotify) else {
                    awaitWritable()
                    return false
                }
                tls.flags.insert(.ended)
                return true
            }
            if !tls.flags.contains(.ended) {
                tls.sayFarewell()
                sendOutput(tls)
            }
            return sendCiphertext(tls)
        }
    }
#endif
