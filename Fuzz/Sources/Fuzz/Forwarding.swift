import ApusHTTP

@testable import Apus

/// What proxies and tracing systems say of a request is read without a fault, and what is taken over can be put into
/// links, logs and fields. The first byte chooses the field.
func forwarding(_ input: [UInt8]) {
    let value = text(input.dropFirst())
    switch (input.first ?? 0) % 4 {
    case 0: forwarded(value)
    case 1: xForwarded(value)
    case 2: traceParent(Array(input.dropFirst()))
    default: traceState(value)
    }
}

private func forwarded(_ value: String) {
    var request = ForwardedRequest()
    for element in ForwardedElement.list(value) ?? [] {
        do throws(HTTPError) { try request.apply(element) } catch {
            require(error.status == .badRequest, "a field is the server's fault")
            return
        }
        if let host = request.host { require(isHost(host), "a host that is none") }
    }
}

private func xForwarded(_ value: String) {
    let items = XForwardedList.items(value)
    for item in items {
        require(!item.isEmpty && !item.utf8.contains(0x2C), "an item that is none, or several")
        require(item.utf8.first != 0x20 && item.utf8.last != 0x20, "blanks around an item")
        _ = ForwardedNode(item, allowsBareIPv6: true)
        if ForwardedHost.isValid(item) {
            require(isHost(String(item)), "a host that is none")
            require(
                ForwardedHost.isValid(ForwardedHost.with(8080, String(item), isSecure: true)[...]), "no host any more")
        }
    }
    for passed in 0...items.count {
        if let one = XForwardedList.value(value, addresses: items.count, passed: passed) {
            require(items.contains(one), "an item from nowhere")
        }
    }
}

private func isHost(_ text: String) -> Bool {
    text.utf8.allSatisfy { byte in
        switch byte {
        case 48...58, 65...91, 93, 97...122, 45, 46, 95: true
        default: false
        }
    }
}

private func traceParent(_ value: [UInt8]) {
    guard let parent = withSpan(value, { TraceParent($0) }) else { return }
    let again =
        "00-\(Hexadecimal.text(parent.trace.high))\(Hexadecimal.text(parent.trace.low))"
        + "-\(Hexadecimal.text(parent.span.value))-\(Hexadecimal.text(parent.flags.rawValue))"
    let read = withSpan(again.utf8) { TraceParent($0) }
    require(read?.trace == parent.trace && read?.span == parent.span, "another trace")
}

private func traceState(_ value: String) {
    let passed = TraceState.read(value)
    require(passed.utf8.count <= TraceState.mostBytes, "more than is passed on")
    require(passed.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "a field that can't be sent")
    require(TraceState.read(passed) == passed, "the next one would pass something else on")
}
