import ApusHTTP

/// A request head is read the same at every split, and what is accepted breaks no rule of framing. The first byte
/// chooses the split.
func requestHead(_ input: [UInt8]) {
    let bytes = input.dropFirst()
    let whole = read(bytes)
    let cut = bytes.count * Int(input.first ?? 0) / 255
    let part = read(bytes.prefix(cut))
    require(part.result == .incomplete || part == whole, "a beginning is read otherwise than the whole")
    guard case .complete(let length) = whole.result else { return }
    let head = bytes.prefix(length)
    require(read(head) == whole, "what follows a head changes it")
    require(!head.contains(0), "NUL was accepted")
    require(head.count { $0 == 13 } == head.count { $0 == 10 }, "a bare CR or LF was accepted")
    require(whole.fields[values: .contentLength].count <= 1, "two lengths were accepted")
    require(!(whole.isChunked && whole.length != nil), "two framings were accepted")
    require(whole.fields.contains(.transferEncoding) == whole.isChunked, "a coding was overlooked")
    require(whole.fields[values: .host].count == 1 || whole.isHTTP10, "not one Host")
}

private struct Reading: Equatable {
    var result: HTTP1ParseResult
    var fields = HTTPFields()
    var places: [ByteSlice] = []
    var length: Int64?
    var isChunked = false
    var isHTTP10 = false
    var keepsAlive = false
}

private func read(_ bytes: some Sequence<UInt8>) -> Reading {
    withSpan(bytes) { span in
        var head = RequestHead()
        let result = HTTP1RequestParser().parse(span, into: &head)
        guard case .complete = result else { return Reading(result: result) }
        for place in [head.method, head.target, head.path, head.query, head.authority] { _ = place.of(span) }
        return Reading(
            result: result, fields: head.fields.fields(in: span),
            places: [head.method, head.target, head.path, head.query, head.authority], length: head.contentLength,
            isChunked: head.isChunked, isHTTP10: head.version == .http10, keepsAlive: head.keepsAlive)
    }
}
