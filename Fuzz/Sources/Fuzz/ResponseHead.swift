import ApusHTTP

/// A response head is read the same at every split, and what is accepted has one framing. The first byte chooses the
/// split, the second the request that is answered.
func responseHead(_ input: [UInt8]) {
    let bytes = input.dropFirst(2)
    let methods: [HTTPMethod.Kind] = [.get, .head, .connect, .post]
    let method = methods[Int(input.dropFirst().first ?? 0) % methods.count]
    let whole = read(bytes, to: method)
    let cut = bytes.count * Int(input.first ?? 0) / 255
    let part = read(bytes.prefix(cut), to: method)
    require(part.result == .incomplete || part == whole, "a beginning is read otherwise than the whole")
    guard case .complete(let length) = whole.result else { return }
    let head = bytes.prefix(length)
    require(read(head, to: method) == whole, "what follows a head changes it")
    require(!head.contains(0), "NUL was accepted")
    require(head.count { $0 == 13 } == head.count { $0 == 10 }, "a bare CR or LF was accepted")
    require(whole.fields[values: .contentLength].count <= 1, "two lengths were accepted")
    require(method != .head || whole.framing == HTTP1Framing.none, "an answer to HEAD has a body")
    require(!(whole.framing == .untilClose && whole.keepsAlive), "a body without an end, and a connection that goes on")
    require(whole.framing != .chunked || whole.fields.contains(.transferEncoding), "chunks from nowhere")
}

private struct Reading: Equatable {
    var result: HTTP1ParseResult
    var fields = HTTPFields()
    var status: UInt16 = 0
    var framing = HTTP1Framing.none
    var keepsAlive = false
    var switchesProtocols = false
}

private func read(_ bytes: some Sequence<UInt8>, to method: HTTPMethod.Kind) -> Reading {
    withSpan(bytes) { span in
        var head = HTTP1ResponseHead()
        let result = HTTP1ResponseParser().parse(span, to: method, into: &head)
        guard case .complete = result else { return Reading(result: result) }
        _ = head.reason.of(span)
        return Reading(
            result: result, fields: head.fields.fields(in: span), status: UInt16(head.status.code),
            framing: head.framing, keepsAlive: head.keepsAlive, switchesProtocols: head.switchesProtocols)
    }
}
