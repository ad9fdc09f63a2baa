import ApusNet
import ApusRuntime
import CSystem

/// The content that a stream has still to send, in order: bytes that are held, not copied, and parts of files.
struct HTTP2Outgoing {
    private enum Source {
        case bytes([UInt8])
        case file(OpenFile)
    }

    private struct Piece {
        let source: Source
        /// The place of the next byte in the array or the file.
        var offset: Int64
        var count: Int

        mutating func advance(by part: Int) {
            offset += Int64(part)
            count -= part
        }
    }

    private var pieces: [Piece] = []
    private var first = 0
    /// Bytes that wait.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: [UInt8], from offset: Int = 0) {
        guard bytes.count > offset else { return }
        pieces.append(Piece(source: .bytes(bytes), offset: Int64(offset), count: bytes.count - offset))
        count += bytes.count - offset
    }

    mutating func append(_ file: OpenFile, offset: Int64, count: Int) {
        guard count > 0 else { return }
        pieces.append(Piece(source: .file(file), offset: offset, count: count))
        self.count += count
    }

    /// Moves the first `wanted` bytes, at most `count`, behind what is in `buffer`, which has room for them.
    ///
    /// - Returns: false when a file is shorter than was said, or can't be read: the response can't be completed.
    mutating func move(_ wanted: Int, to buffer: inout Buffer) -> Bool {
        var left = wanted
        while left > 0 {
            let part = min(left, pieces[first].count)
            switch pieces[first].source {
            case .bytes(let bytes):
                let start = Int(pieces[first].offset)
                unsafe buffer.append(bytes.span.bytes.extracting(start..<start + part))
            case .file(let file):
                guard Self.read(file, at: pieces[first].offset, part, to: &buffer) else { return false }
            }
            left -= part
            count -= part
            if part == pieces[first].count { dropFirst() } else { pieces[first].advance(by: part) }
        }
        return true
    }

    private static func read(_ file: OpenFile, at offset: Int64, _ count: Int, to buffer: inout Buffer) -> Bool {
        precondition(buffer.available >= count, "the content exceeds the buffer's room: check `available` first")
        let got = unsafe apus_read_at_errno(file.descriptor, buffer.availableAddress, count, offset)
        guard got == count else { return false }
        unsafe buffer.didWrite(got)
        return true
    }

    /// Forgets the piece in front, and with the last one the room for all.
    private mutating func dropFirst() {
        first += 1
        if first == pieces.count {
            pieces = []
            first = 0
        } else if first >= 32 {
            pieces.removeFirst(first)
            first = 0
        }
    }

    mutating func removeAll() { self = HTTP2Outgoing() }
}
