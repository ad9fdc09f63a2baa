/// Finds where HTTP/1.1 answers end in a stream of bytes (RFC 9112, 6.3), and what their statuses are; keeps nothing
/// else of them. A pure state machine: bytes in, events out, no allocation.
///
/// ```
///           ┌────────── 1xx ──────────┐
///           ▼                         │
/// head ─────┬── no content ───────────┴───────────────────────────────────▶ answer
///           ├── counted(bytes left) ──────────────────────────────────────▶ answer
///           ├── chunked: size ─▶ data ─▶ data end ─▶ size … ─▶ trailer ───▶ answer
///           └── to the end of the connection ── ended() ──────────────────▶ answer
/// ```
///
/// A load generator forgives what a server of ours would not: a line may end in LF alone, fields are not validated.
/// What leaves the framing in doubt is malformed.
struct ResponseReader {
    enum Event: Equatable {
        /// All bytes up to the offset are used up; those behind it are the beginning of a head, to be shown again
        /// together with what follows.
        case needsMore
        /// An answer ended here. `mayContinue` is whether the connection may carry another.
        case answer(status: Int, mayContinue: Bool)
        /// This is no answer, or one whose end nobody can tell; the connection is of no use any more.
        case malformed
    }

    private enum State: Equatable {
        case head
        case counted(Int)
        case chunkSize(value: Int, digits: Int)
        case chunkExtension(value: Int)
        case chunkData(Int)
        /// Between a chunk's data and the LF behind it.
        case chunkEnd
        /// In the trailer section; `isEmpty` while the line has nothing but perhaps a CR.
        case trailer(isEmpty: Bool)
        case untilEnd
        case broken
    }

    private var state = State.head
    private var current = ResponseHead(status: 0, framing: .none, mayContinue: false)

    /// Whether the next byte begins an answer.
    var isBetweenAnswers: Bool { state == .head }

    /// Reads on from `offset`, which it moves behind what it has used up.
    ///
    /// - Parameters:
    ///   - isHead: whether the answer is to a HEAD request, and so has no content whatever its fields say.
    ///   - memo: the last head that was read, by any reader.
    mutating func next(
        _ bytes: RawSpan, from offset: inout Int, isHead: Bool, memo: inout ResponseHeadMemo
    ) -> Event {
        while true {
            switch state {
            case .head:
                guard let event = readHead(bytes, &offset, isHead, &memo) else { continue }
                return event
            case .counted(let left):
                let taken = min(left, bytes.byteCount &- offset)
                offset &+= taken
                guard taken == left else {
                    state = .counted(left &- taken)
                    return .needsMore
                }
                return finish()
            case .untilEnd:
                offset = bytes.byteCount
                return .needsMore
            case .broken:
                return .malformed
            default:
                guard let event = readChunks(bytes, &offset) else { return .needsMore }
                return event
            }
        }
    }

    /// The peer has sent its end: an answer when one ends so, nil when none had begun, malformed within one.
    mutating func ended() -> Event? {
        switch state {
        case .head: return nil
        case .untilEnd: return finish()
        default: return .malformed
        }
    }

    private mutating func finish() -> Event {
        state = .head
        return .answer(status: current.status, mayContinue: current.mayContinue)
    }

    private mutating func fail() -> Event {
        state = .broken
        return .malformed
    }

    /// Nil when a head was read, and reading goes on behind it.
    @inline(__always) private mutating func readHead(
        _ bytes: RawSpan, _ offset: inout Int, _ isHead: Bool, _ memo: inout ResponseHeadMemo
    ) -> Event? {
        if let length = memo.match(bytes, at: offset) {
            current = memo.head
            offset &+= length
        } else {
            switch ResponseHead.read(bytes, at: offset) {
            case .incomplete: return .needsMore
            case .malformed: return fail()
            case .head(let head, let length):
                memo.keep(head, bytes.extracting(offset..<offset + length))
                current = head
                offset += length
            }
        }
        // An interim response (RFC 9110, 15.2); after 101 the connection speaks another protocol.
        if current.status < 200, current.status != 101 { return nil }
        switch isHead ? .none : current.framing {
        case .none: return finish()
        case .counted(let length): state = .counted(length)
        case .chunked: state = .chunkSize(value: 0, digits: 0)
        case .untilEnd: state = .untilEnd
        }
        return nil
    }

    /// The chunked coding (RFC 9112, 7.1). Nil when all bytes are used up.
    private mutating func readChunks(_ bytes: RawSpan, _ offset: inout Int) -> Event? {
        while offset < bytes.byteCount {
            if case .chunkData(let left) = state {
                let taken = min(left, bytes.byteCount - offset)
                offset += taken
                state = taken == left ? .chunkEnd : .chunkData(left - taken)
                continue
            }
            let byte = bytes[offset]
            offset += 1
            switch state {
            case .chunkSize(let value, let digits):
                if let digit = byte.hexDigit {
                    guard digits < 15 else { return fail() }
                    state = .chunkSize(value: value << 4 | digit, digits: digits + 1)
                } else {
                    guard digits > 0, byte.isLineEnd || byte == 0x3B || byte.isBlank else { return fail() }
                    state = byte == 0x0A ? afterSize(value) : .chunkExtension(value: value)
                }
            case .chunkExtension(let value):
                if byte == 0x0A { state = afterSize(value) }
            case .chunkEnd:
                if byte == 0x0A {
                    state = .chunkSize(value: 0, digits: 0)
                } else if byte != 0x0D {
                    return fail()
                }
            case .trailer(let isEmpty):
                if byte == 0x0A {
                    if isEmpty { return finish() }
                    state = .trailer(isEmpty: true)
                } else if byte != 0x0D {
                    state = .trailer(isEmpty: false)
                }
            default: return fail()
            }
        }
        return nil
    }

    private func afterSize(_ size: Int) -> State { size == 0 ? .trailer(isEmpty: true) : .chunkData(size) }
}

extension RawSpan {
    /// The byte at an offset.
    subscript(offset: Int) -> UInt8 {
        @inline(__always) get { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
    }
}

extension UInt8 {
    fileprivate var isLineEnd: Bool { self == 0x0D || self == 0x0A }
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 }

    fileprivate var hexDigit: Int? {
        switch self {
        case 0x30...0x39: Int(self) - 0x30
        case 0x41...0x46: Int(self) - 0x37
        case 0x61...0x66: Int(self) - 0x57
        default: nil
        }
    }
}
