import ApusHTTP

/// Content of several parts is read the same at every split, and no part holds a boundary. The first two bytes choose
/// the splits.
func multipart(_ input: [UInt8]) {
    let bytes = Array(input.dropFirst(2))
    let whole = read(bytes, cuts: [])
    let cuts = input.prefix(2).map { bytes.count * Int($0) / 255 }.sorted()
    require(read(bytes, cuts: cuts) == whole, "the same bytes were read in two ways")
    require(read(bytes, cuts: Array(0..<bytes.count)) == whole, "the same bytes were read in two ways")
    let boundary = Array("\r\n--x".utf8)
    for part in whole.parts {
        require(part.content.count <= bytes.count, "content from nowhere")
        if part.content.count >= boundary.count {
            for start in 0...(part.content.count - boundary.count) {
                require(!part.content[start...].starts(with: boundary), "a boundary was taken for content")
            }
        }
        for byte in ((part.head.name ?? "") + (part.head.filename ?? "")).utf8 {
            require(byte == 9 || byte >= 0x20 && byte != 0x7F, "a control character came through a name")
        }
        let safe = part.head.disposition?.safeFilename ?? "a"
        require(!safe.isEmpty && !safe.contains("/") && !safe.contains("\\") && safe.first != ".", "a name is not safe")
    }
}

private struct Parts: Equatable {
    struct Part: Equatable {
        var head: MultipartHead
        var content: [UInt8] = []
    }
    var parts: [Part] = []
    var error: MultipartError?
}

private func read(_ bytes: [UInt8], cuts: [Int]) -> Parts {
    var read = Parts()
    var kept = 0
    do throws(MultipartError) {
        var parser = try MultipartParser(boundary: "x")
        for cut in cuts + [bytes.count] {
            reading: while true {
                let piece = bytes[kept..<max(kept, cut)]
                let outcome = withSpan(piece) { span -> Result<MultipartStep, MultipartError> in
                    do throws(MultipartError) { return .success(try parser.parse(span)) } catch {
                        return .failure(error)
                    }
                }
                let step = try outcome.get()
                if case .part(let head) = step.event { read.parts.append(Parts.Part(head: head)) }
                switch step.event {
                case .content(let range):
                    require(!range.isEmpty && range.upperBound <= step.consumed, "content that was not consumed")
                    read.parts[read.parts.count - 1].content +=
                        piece[(kept + range.lowerBound)..<(kept + range.upperBound)]
                case .part, .partEnd, .needMore, .end: break
                }
                kept += step.consumed
                if step.event == .needMore || step.event == .end { break reading }
            }
        }
        try parser.finish()
    } catch {
        read.error = error
    }
    return read
}
