#if URing && canImport(CURing)
    import CURing
    import Glibc

    /// What the ring answers.
    extension UringDriver {
        @inline(__always) func complete(_ completion: apus_uring_completion) {
            let operation = UringOperation(word: completion.data)
            guard let endpoint = find(operation.id) else { return completeForNobody(operation, completion) }
            switch operation.kind {
            case .receive: received(endpoint, completion)
            case .send: sent(endpoint, completion.result)
            case .accept: accepted(endpoint, completion)
            case .writable: becameWritable(endpoint)
            case .hangUp: hungUp(endpoint, completion.result)
            case .cancel, .wake: break
            }
        }

        /// A completion of the driver's own, or of an earlier tenant of the slot.
        @inline(never) private func completeForNobody(_ operation: UringOperation, _ completion: apus_uring_completion)
        {
            switch operation.kind {
            case .wake: if !apus_uring_has_more(completion) { armWaker() }
            case .receive:
                let buffer = apus_uring_buffer(completion)
                if buffer >= 0 { ring.buffers.give(Int(buffer)) }
            case .accept: if completion.result >= 0 { closeDescriptor(completion.result) }
            case .send, .writable, .hangUp, .cancel: break
            }
        }

        /// Takes an ended operation from the count; true when the endpoint was closing, and is not to hear of it.
        @inline(__always) private func end(_ endpoint: Endpoint) -> Bool {
            endpoint.operations -= 1
            guard endpoint.driverState.contains(.closing) else { return false }
            if endpoint.operations == 0 { endpoint.finishClosing() }
            return true
        }

        // MARK: Receiving

        @inline(__always) private func received(_ endpoint: Endpoint, _ completion: apus_uring_completion) {
            let buffer = Int(apus_uring_buffer(completion))
            if apus_uring_has_more(completion), completion.result > 0, endpoint.driverState.contains(.receiving),
                !endpoint.driverState.contains(.holding)
            {
                unsafe endpoint.received(
                    RawSpan(_unsafeStart: ring.buffers.memory(of: buffer), byteCount: Int(completion.result)))
                ring.buffers.give(buffer)
            } else {
                receivedLast(endpoint, completion, buffer)
            }
        }

        /// Anything but bytes for an endpoint that wants them, with more to follow.
        @inline(never) private func receivedLast(
            _ endpoint: Endpoint, _ completion: apus_uring_completion, _ buffer: Int
        ) {
            defer { if buffer >= 0 { ring.buffers.give(buffer) } }
            if !apus_uring_has_more(completion) {
                endpoint.driverState.subtract([.armed, .cancelling])
                if end(endpoint) { return }
            }
            guard endpoint.isOpen else { return }
            switch completion.result {
            case 1...:
                let bytes = unsafe RawSpan(
                    _unsafeStart: ring.buffers.memory(of: buffer), byteCount: Int(completion.result))
                if endpoint.driverState.contains(.receiving), !endpoint.driverState.contains(.holding) {
                    endpoint.received(bytes)
                } else {
                    hold(bytes, for: endpoint)
                }
            case 0:
                if endpoint.driverState.contains(.receiving), !endpoint.driverState.contains(.holding) {
                    endpoint.driverState.remove(.receiving)
                    endpoint.receivedEnd()
                } else {
                    holdEnd(of: endpoint)
                }
            case -ENOBUFS:
                ring.buffers.ranOut()
            case -ECANCELED, -EINTR, -EAGAIN:
                break
            default:
                endpoint.driverState.remove(.receiving)
                endpoint.failed(SystemError(code: completion.result, call: "recv"))
            }
            continueReceiving(endpoint)
        }

        /// Arms what the endpoint's wish needs now that the multishot may have ended.
        private func continueReceiving(_ endpoint: Endpoint) {
            guard endpoint.isOpen else { return }
            if endpoint.driverState.contains(.holding) {
                let hasEnded = endpoint.driverState.contains(.ended)
                if !endpoint.driverState.contains(.armed), !endpoint.driverState.contains(.receiving), !hasEnded {
                    awaitHangUp(endpoint)
                }
            } else if endpoint.driverState.contains(.receiving) {
                arm(endpoint)
            }
        }

        // MARK: Holding

        private func hold(_ bytes: RawSpan, for endpoint: Endpoint) {
            endpoint.driverState.insert(.holding)
            unsafe bytes.withUnsafeBytes { unsafe held[endpoint.id, default: UringHeld()].bytes.append(contentsOf: $0) }
            // The rest is better left in the kernel, whose window then closes to the peer.
            if !endpoint.driverState.contains(.receiving) { disarm(endpoint) }
        }

        private func holdEnd(of endpoint: Endpoint) {
            endpoint.driverState.insert([.holding, .ended])
            held[endpoint.id, default: UringHeld()].hasEnded = true
            if !endpoint.driverState.contains(.receiving) { endpoint.peerHungUp() }
        }

        /// Shows what is held to the endpoints that want it again.
        func deliverHeld() {
            let ids = resumed
            resumed = []
            for id in ids {
                guard let endpoint = find(id), endpoint.isOpen, endpoint.driverState.contains(.receiving),
                    let found = held.removeValue(forKey: id)
                else { continue }
                endpoint.driverState.remove(.holding)
                deliver(found, to: endpoint)
                continueReceiving(endpoint)
            }
        }

        private func deliver(_ found: UringHeld, to endpoint: Endpoint) {
            for (index, descriptor) in found.descriptors.enumerated() {
                guard endpoint.isOpen, endpoint.driverState.contains(.receiving) else {
                    return keep(found.descriptors[index...], for: endpoint)
                }
                endpoint.accepted(descriptor)
            }
            if !found.bytes.isEmpty { unsafe endpoint.received(found.bytes.span.bytes) }
            guard found.hasEnded, endpoint.isOpen else { return }
            guard endpoint.driverState.contains(.receiving) else {
                endpoint.driverState.insert(.holding)
                held[endpoint.id] = UringHeld(hasEnded: true)
                return
            }
            endpoint.driverState.remove(.receiving)
            endpoint.receivedEnd()
        }

        private func keep(_ descriptors: some Sequence<CInt>, for endpoint: Endpoint) {
            guard endpoint.isOpen else { return descriptors.forEach(endpoint.acceptedLate) }
            endpoint.driverState.insert(.holding)
            held[endpoint.id, default: UringHeld()].descriptors.append(contentsOf: descriptors)
        }

        func dropHeld(_ endpoint: Endpoint) {
            endpoint.driverState.remove(.holding)
            held.removeValue(forKey: endpoint.id)?.descriptors.forEach(endpoint.acceptedLate)
        }

        private func hungUp(_ endpoint: Endpoint, _ result: CInt) {
            endpoint.driverState.remove(.hangUpArmed)
            if end(endpoint) { return }
            guard endpoint.isOpen, !endpoint.isReceiving else { return }
            if result < 0 { return continueReceiving(endpoint) }
            endpoint.driverState.insert(.ended)
            // Both ends sent is no failure: bytes that came before the peer's may still be unread.
            if let error = endpoint.pendingError { endpoint.failed(error) } else { endpoint.peerHungUp() }
        }

        // MARK: Sending and accepting

        private func sent(_ endpoint: Endpoint, _ result: CInt) {
            endpoint.driverState.remove(.sending)
            if end(endpoint) { return }
            switch result {
            case 0...: endpoint.sendCompleted(Int(result))
            case -EAGAIN, -EINTR, -ECANCELED: awaitWritable(endpoint)
            default: endpoint.failed(SystemError(code: result, call: "send"))
            }
        }

        private func becameWritable(_ endpoint: Endpoint) {
            endpoint.driverState.remove(.writableArmed)
            if end(endpoint) { return }
            guard endpoint.driverState.contains(.awaitingWritable) else { return }
            endpoint.driverState.remove(.awaitingWritable)
            endpoint.sendCompleted(0)
        }

        private func accepted(_ endpoint: Endpoint, _ completion: apus_uring_completion) {
            if !apus_uring_has_more(completion) {
                endpoint.driverState.subtract([.armed, .cancelling])
                if endpoint.driverState.contains(.closing), completion.result >= 0 {
                    endpoint.acceptedLate(completion.result)
                }
                if end(endpoint) { return }
            }
            if completion.result >= 0 {
                if endpoint.isOpen, endpoint.isReceiving, !endpoint.driverState.contains(.holding) {
                    endpoint.accepted(completion.result)
                } else {
                    keep(CollectionOfOne(completion.result), for: endpoint)
                }
            } else if endpoint.isOpen {
                let isPassing = completion.result == -ECANCELED || completion.result == -EAGAIN
                if !isPassing, !SystemError.isOfOnePeer(completion.result) {
                    endpoint.acceptFailed(SystemError(code: completion.result, call: "accept"))
                }
            }
            continueReceiving(endpoint)
        }
    }
#endif
