import ApusHTTP

/// What a parser made of some bytes.
struct ReadParts: Equatable {
    struct Part: Equatable {
        var head: MultipartHead
        var content: [UInt8] = []
        var isWhole = false
    }
    var parts: [Part] = []
    var error: MultipartError?
    /// The most bytes that the caller had to keep between two calls.
    var mostKept = 0

    var texts: [String] { parts.map { "\($0.head.name ?? "-")=\(String(decoding: $0.content, as: UTF8.self))" } }

    static func == (left: Self, right: Self) -> Bool { left.parts == right.parts && left.error == right.error }
}

/// Feeds `bytes` in pieces that end at `cuts`, keeping what was not consumed as a connection would.
func readParts(
    _ bytes: [UInt8], boundary: String = "x", cuts: [Int] = [], limits: MultipartLimits = MultipartLimits()
) -> ReadParts {
    var read = ReadParts()
    var kept = 0
    do throws(MultipartError) {
        var parser = try MultipartParser(boundary: boundary, limits: limits)
        for cut in cuts + [bytes.count] {
            reading: while true {
                let piece = Array(bytes[kept..<cut])
                let step = try unsafe parser.parse(piece.span.bytes)
                kept += step.consumed
                switch step.event {
                case .part(let head): read.parts.append(ReadParts.Part(head: head))
                case .content(let range): read.parts[read.parts.count - 1].content += piece[range]
                case .partEnd: read.parts[read.parts.count - 1].isWhole = true
                case .needMore, .end:
                    read.mostKept = max(read.mostKept, cut - kept)
                    break reading
                }
            }
        }
        try parser.finish()
    } catch {
        read.error = error
    }
    return read
}

/// A form's content with CRLF for each line's end.
func formContent(_ lines: String) -> [UInt8] { Array(lines.replacing("\n", with: "\r\n").utf8) }
