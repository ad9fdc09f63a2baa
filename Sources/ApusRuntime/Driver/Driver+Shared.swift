import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

// What every backend does in the same way.

/// The most pieces that a system takes in one call (`IOV_MAX`); of more, the first are sent.
let mostPieces = 1024

extension Driver {
    /// Sends with a system call; asks for room to write when not everything left.
    @unsafe @inline(__always)
    func sendNow(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer, more: Bool) -> SendResult {
        guard let base = bytes.baseAddress else { return .sent(0) }
        return unsafe result(apus_send_errno(endpoint.descriptor, base, bytes.count, more), bytes.count, endpoint)
    }

    /// Sends several pieces with a system call; asks for room to write when not everything left.
    @unsafe @inline(__always)
    func sendNow(_ endpoint: Endpoint, _ pieces: UnsafeBufferPointer<iovec>, more: Bool) -> SendResult {
        guard let base = pieces.baseAddress else { return .sent(0) }
        var wanted = 0
        for index in pieces.indices { unsafe wanted += pieces[index].iov_len }
        let count = min(pieces.count, mostPieces)
        return unsafe result(apus_send_vector_errno(endpoint.descriptor, base, count, more), wanted, endpoint)
    }

    @inline(__always)
    private func result(_ sent: Int, _ wanted: Int, _ endpoint: Endpoint) -> SendResult {
        if sent == wanted { return .sent(sent) }
        guard sent >= 0 || sent == -Int(EAGAIN) else { return .failed(SystemError(code: CInt(sent), call: "send")) }
        endpoint.awaitRoom()
        return .sent(max(sent, 0))
    }
}

extension Endpoint {
    /// Why the connection is broken; nil when it isn't, though the peer may have ended it: bytes that came before
    /// the end can still be read then. The system tells it once.
    var pendingError: SystemError? {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        let failed = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        return failed == 0 && code != 0 ? SystemError(code: code, call: "recv") : nil
    }
}

extension SystemError {
    /// Whether an error of accept(2), given as `-errno`, is that of one connection, and says nothing of the next:
    /// Linux reports there what the network did to a peer in the backlog.
    static func isOfOnePeer(_ result: CInt) -> Bool {
        switch -result {
        case ECONNABORTED, EINTR, EPROTO, EPERM, ENETDOWN, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN: true
        default: false
        }
    }
}
