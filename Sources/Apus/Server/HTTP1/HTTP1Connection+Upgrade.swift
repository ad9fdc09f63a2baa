import ApusHTTP
import ApusNet
import ApusRuntime

/// The ways from HTTP/1.1 to HTTP/2 in the clear: its preface in place of a request (RFC 9113, 3.3), and the upgrade to
/// `h2c` of RFC 7540, 3.2, which RFC 9113 has dropped and curl and others still ask for.
extension HTTP1Connection {
    /// Looks whether what is no request is the preface of HTTP/2, or was meant to be.
    ///
    /// - Returns: The bytes consumed, none of them, when it is or may yet be; nil when it is not.
    func takePreface(_ bytes: RawSpan) -> Int? {
        guard server.http2.limits.isEnabled else { return nil }
        switch HTTP2Preface.match(bytes) {
        case .preface: handOver(to: HTTP2Connection(server: server, listener: listener))
        case .incomplete: noteIncompleteHead()
        case .other:
            guard HTTP2Preface.isBroken(bytes) else { return nil }
            handOver(to: HTTP2Connection(server: server, listener: listener))
        }
        return 0
    }

    /// Goes over to HTTP/2 when the request asks for it and has no content; the request becomes stream 1 there. Any other
    /// upgrade is passed over (RFC 9110, 7.8).
    ///
    /// - Returns: Whether another protocol has the connection now.
    func upgrade(_ context: Context) -> Bool {
        guard server.http2.limits.isEnabled, !context.head.hasBody, !connection.isSecure, !server.isDraining,
            let settings = HTTP2Settings(upgradeOf: context)
        else { return false }
        let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        server.flushStage(to: connection)
        unsafe connection.write(answer.utf8Span.span.bytes)
        let next = HTTP2Connection(server: server, listener: listener)
        handOver(to: next)
        next.beginUpgraded(context, settings)
        return true
    }

    private func handOver(to next: HTTP2Connection) {
        phase = .handedOver
        leavePool(.moved)
        connection.setHandler(next)
        next.begin(on: connection)
    }
}

extension HTTP2Settings {
    /// What a request says that asks for `h2c`: one HTTP2-Settings, which Connection names as well; nil for any other.
    fileprivate init?(upgradeOf context: Context) {
        let bytes = context.bytes
        var asks = false
        context.head.fields.forEach(.upgrade, in: bytes) { value in
            if value.holdsToken("h2c") { asks = true }
        }
        guard asks else { return nil }
        var isNamed = false
        context.head.fields.forEach(.connection, in: bytes) { value in
            if value.holdsToken("http2-settings") { isNamed = true }
        }
        var settings: HTTP2Settings?
        var count = 0
        context.head.fields.forEach(.http2Settings, in: bytes) { value in
            count += 1
            settings = HTTP2Settings(upgradeField: value)
        }
        guard isNamed, count == 1, let settings else { return nil }
        self = settings
    }
}

extension RawSpan {
    /// Whether `token`, which is in lower case, is an item of this list.
    fileprivate func holdsToken(_ token: String) -> Bool {
        let text = unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        return text.split(separator: ",").contains { item in
            item.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }.lowercased() == token
        }
    }
}
