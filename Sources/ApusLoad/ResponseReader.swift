import ApusHTTP

/// Finds where answers end in a stream of bytes, and what their statuses are; keeps nothing else of them. It is the
/// house's codec that reads: a server that it refuses is out of order, and is told so as malformed.
///
/// ```
///           ┌──── 1xx ────┐
///           ▼             │
/// head ─────┴─────────────┴──▶ content ── its end, or that of the connection: ended() ──▶ answer
/// ```
struct ResponseReader {
    enum Event: Equatable {
        /// All bytes up to the offset are used up; those behind it are to be shown again together with what follows.
        case needsMore
        /// An answer ended here. `mayContinue` is whether the connection may carry another.
        case answer(status: Int, mayContinue: Bool)
        /// This is no answer, or one whose end nobody can tell; the connection is of no use any more.
        case malformed
    }

    private enum State: Equatable {
        case head
        case content
        case broken
    }

    private var state = State.head
    private var decoder = HTTP1BodyDecoder()
    private var status = 0
    private var mayContinue = false

    /// Reads on from `offset`, which it moves behind what it has used up.
    ///
    /// - Parameters:
    ///   - bytes: what is not yet used up, and what has come since.
    ///   - offset: where to read on.
    ///   - method: the method of the request that is answered: an answer to HEAD has no content.
    ///   - memo: the last head that was read, by any reader of requests with this method.
    mutating func next(
        _ bytes: RawSpan, from offset: inout Int, to method: HTTPMethod.Kind, memo: inout ResponseHeadMemo
    ) -> Event {
        while true {
            let rest = bytes.extracting(offset..<bytes.byteCount)
            switch state {
            case .head:
                switch memo.read(rest, to: method) {
                case .complete(let length): offset &+= length
                case .incomplete: return .needsMore
                case .failure: return fail()
                }
                if memo.head.isInterim { continue }
                status = Int(memo.head.status.code)
                mayContinue = memo.head.keepsAlive
                if memo.head.framing == .none || memo.head.framing == .length(0) { return finish() }
                decoder.begin(memo.head)
                state = .content
            case .content:
                switch decoder.decode(rest) {
                case .data(_, let consumed): offset &+= consumed
                case .end(let consumed):
                    offset &+= consumed
                    return finish()
                case .needMore(let consumed):
                    offset &+= consumed
                    return .needsMore
                case .failure: return fail()
                }
            case .broken: return .malformed
            }
        }
    }

    /// The peer has sent its end: an answer when one ends so, nil when none had begun, malformed within one.
    mutating func ended() -> Event? {
        switch state {
        case .head: nil
        case .content: decoder.connectionEnded() == nil ? finish() : .malformed
        case .broken: .malformed
        }
    }

    private mutating func finish() -> Event {
        state = .head
        return .answer(status: status, mayContinue: mayContinue)
    }

    private mutating func fail() -> Event {
        state = .broken
        return .malformed
    }
}
