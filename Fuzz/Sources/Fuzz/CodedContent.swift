import ApusHTTP
import ApusRuntime

/// Coded content decodes to the same bytes, or is refused, in whatever pieces it comes, whatever room its decoder has, and
/// whether its state is new or has met the same before. The first byte chooses the codings, the next two pieces and room.
func codedContent(_ input: [UInt8]) {
    guard input.count > 3 else { return }
    let choice = Int(input[0])
    let known = ContentCoding.preferred
    var codings = [known[choice % 4]]
    if choice >= 128 { codings.append(known[choice / 4 % 4]) }
    let content = Array(input.dropFirst(3))
    let pool = CodingPool()
    let whole = decode(content, codings, pool, piece: content.count, room: 16 << 10)
    let room = ContentDecoder.leastRoom + Int(input[2])
    let pieces = decode(content, codings, pool, piece: 1 + Int(input[1]), room: room)
    let bytes = decode(content, codings, nil, piece: 1, room: 4 << 10)
    // Zstandard's library compares the length that a frame claims with that of an empty last block only where it has the
    // frame whole: in pieces it takes a few that it refuses so.
    let mayDiffer = codings.contains(.zstd)
    for other in [pieces, bytes] where !mayDiffer || (other != nil && whole != nil) {
        require(other == whole, "the same content was decoded in two ways")
    }
    require(pool.statistics.inUse == 0, "a state was not given back")
}

/// What comes out; nil when it is refused.
private func decode(
    _ content: [UInt8], _ codings: [ContentCoding], _ pool: CodingPool?, piece: Int, room: Int
) -> [UInt8]? {
    let most = 64 << 10
    var made: [UInt8] = []
    do throws(CodingError) {
        var decoder = try ContentDecoder(codings, limits: DecodingLimits(bytes: most), pool: pool)
        var output = Buffer(capacity: room)
        var taken = 0
        while taken < content.count {
            let bytes = content[taken..<min(content.count, taken + piece)]
            var isComplete = false
            var consumed = 0
            while !isComplete {
                let outcome = withSpan(bytes.dropFirst(consumed)) { span -> Result<CodingProgress, CodingError> in
                    do throws(CodingError) { return .success(try decoder.write(span, into: &output)) } catch {
                        return .failure(error)
                    }
                }
                let progress = try outcome.get()
                require(progress.isComplete || progress.consumed > 0 || !output.isEmpty, "it goes on for ever")
                consumed += progress.consumed
                isComplete = progress.isComplete
                take(output.bytes, into: &made)
                output.removeAll()
            }
            require(consumed == bytes.count, "some of the content was passed over")
            taken += consumed
        }
        require(made.count == decoder.producedBytes && made.count <= most, "more came out than may")
        try decoder.finish()
    } catch {
        return nil
    }
    return made
}

private func take(_ bytes: RawSpan, into made: inout [UInt8]) {
    for offset in bytes.byteOffsets { made.append(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)) }
}
