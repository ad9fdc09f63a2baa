package import ApusHTTP
package import ApusNet

/// A request that reaches an application without a socket.
package struct InProcessRequest: Sendable {
    /// The content that comes with it.
    package enum Content: Sendable {
        case none
        /// At hand as a whole.
        case whole([UInt8])
        /// Written piece by piece, with its length in bytes when that is announced.
        case written(length: Int64?)
    }

    package var method: HTTPMethod
    package var target: String
    package var fields: HTTPFields
    package var content: Content
    package var origin: InProcessOrigin

    package init(
        _ method: HTTPMethod, _ target: String, _ fields: HTTPFields, _ content: Content, from origin: InProcessOrigin
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.content = content
        self.origin = origin
    }

    /// The head as HTTP/1.1 writes it: it is parsed, and refused, as one that comes by a socket.
    package var head: [UInt8] {
        var text = "\(method) \(target) HTTP/1.1\r\n"
        if !fields.contains(.host) { text += "Host: localhost\r\n" }
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        if !fields.contains(.contentLength), !fields.contains(.transferEncoding) {
            switch content {
            case .none: break
            case .whole(let bytes): text += "Content-Length: \(bytes.count)\r\n"
            case .written(let length?): text += "Content-Length: \(length)\r\n"
            case .written(nil): text += "Transfer-Encoding: chunked\r\n"
            }
        }
        return Array((text + "\r\n").utf8)
    }
}

/// What such a request pretends to have come by.
package struct InProcessOrigin: Sendable {
    package var remoteAddress: SocketAddress
    package var localAddress: SocketAddress
    package var isSecure: Bool
    /// The place of the listener among those of the application.
    package var listener: UInt8
    #if TLS
        package var tls: TLSInfo?
    #endif

    package init(
        remoteAddress: SocketAddress, localAddress: SocketAddress, isSecure: Bool = false, listener: UInt8 = 0
    ) {
        self.remoteAddress = remoteAddress
        self.localAddress = localAddress
        self.isSecure = isSecure
        self.listener = listener
    }
}
