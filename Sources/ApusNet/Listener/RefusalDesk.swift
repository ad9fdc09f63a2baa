import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Tells connections above a limit that they can't come in.
///
/// A peer that has already sent its request would lose the answer to a reset if the socket were closed at once, so a
/// refused connection reads on until the peer is done, for two seconds at most. That takes descriptors, of which a
/// flood has no right to many: above `most` at a time the answer is sent and the socket closed.
struct RefusalDesk: ~Copyable {
    /// Refused connections of one loop that may read on.
    static let most = 64

    private let answer: [UInt8]
    private let guests = Guests()

    init(answer: [UInt8]) { self.answer = answer }

    /// Takes the descriptor over.
    func refuse(_ peer: CInt, on loop: EventLoop) {
        guard guests.count < Self.most, !answer.isEmpty else { return tellAndClose(peer) }
        guests.count += 1
        let connection = Connection(loop: loop, descriptor: peer, handler: Guest(of: guests))
        connection.open()
        unsafe connection.write(answer.span.bytes)
        connection.closeLingering()
    }

    private func tellAndClose(_ peer: CInt) {
        // A fresh socket's buffer takes a short answer at once; a peer that can't be told is closed all the same.
        unsafe answer.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { _ = unsafe apus_send_errno(peer, base, bytes.count, false) }
        }
        _ = shutdown(peer, CInt(SHUT_WR))
        closeDescriptor(peer)
    }

    private final class Guests {
        var count = 0
    }

    private final class Guest: ConnectionHandler {
        private let guests: Guests
        init(of guests: Guests) { self.guests = guests }
        func received(_ bytes: RawSpan, on connection: Connection) -> Int { bytes.byteCount }
        func closed(_ connection: Connection, error: SystemError?) { guests.count -= 1 }
    }
}
