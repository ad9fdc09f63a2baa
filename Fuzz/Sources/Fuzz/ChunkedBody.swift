import ApusHTTP

/// A chunked body is decoded the same at every split, and its data come out of it unchanged. The first two bytes choose
/// the splits.
func chunkedBody(_ input: [UInt8]) {
    // A line of the trailers is judged when it has ended, so the last one ends.
    let bytes = Array(input.dropFirst(2)) + [10]
    let whole = decode(bytes, cuts: [])
    let cuts = input.prefix(2).map { bytes.count * Int($0) / 255 }.sorted()
    require(decode(bytes, cuts: cuts) == whole, "the same bytes were decoded in two ways")
    require(whole.data.count <= bytes.count, "data from nowhere")
}

private struct Decoded: Equatable {
    var data: [UInt8] = []
    var trailers = HTTPFields()
    var end: Int?
    var error: HTTP1Error?
}

private func decode(_ bytes: [UInt8], cuts: [Int]) -> Decoded {
    var decoder = HTTP1BodyDecoder()
    decoder.beginChunked()
    var decoded = Decoded()
    var kept = 0
    for cut in cuts + [bytes.count] {
        while true {
            let event = withSpan(bytes[kept..<max(kept, cut)]) { decoder.decode($0) }
            switch event {
            case .data(let range, let consumed):
                require(!range.isEmpty && range.upperBound <= consumed, "data that were not consumed")
                decoded.data += bytes[kept + range.lowerBound..<kept + range.upperBound]
                kept += consumed
                continue
            case .needMore(let consumed):
                kept += consumed
            case .end(let consumed):
                decoded.end = kept + consumed
                decoded.trailers = decoder.trailers
                return decoded
            case .failure(let error):
                decoded.error = error
                return decoded
            }
            break
        }
    }
    return decoded
}
