public import ApusNet

/// Who a request pretends to come from: what `Context` tells of the connection. In process only, for a socket has
/// addresses of its own.
///
/// ```swift
/// let stranger = client.from(TestPeer(remoteAddress: "203.0.113.7"))
/// ```
public struct TestPeer: Sendable {
    /// The client's address.
    public var remoteAddress: SocketAddress
    /// The server's own.
    public var localAddress: SocketAddress
    /// Whether the request came over TLS.
    public var isSecure = false
    /// The name of the listener that the request came in by; nil is the application's first.
    public var listener: String?
    #if TLS
        /// What TLS agreed on, and the client's certificate; setting it makes the request a secure one.
        public var tls: TLSInfo? {
            didSet { if tls != nil { isSecure = true } }
        }
    #endif

    /// A client of 127.0.0.1, without TLS.
    public init() {
        remoteAddress = .ipv4(.loopback, port: 49_152)
        localAddress = .ipv4(.loopback, port: 80)
    }

    /// A client with this address.
    ///
    /// - Parameters:
    ///   - remoteAddress: A literal address, `203.0.113.7` or `2001:db8::7`; anything else stops the test with a message.
    ///   - port: Its port.
    ///   - isSecure: Whether it speaks TLS.
    public init(remoteAddress: String, port: UInt16 = 49_152, isSecure: Bool = false) {
        self.init()
        guard let address = SocketAddress(host: remoteAddress, port: port) else {
            preconditionFailure("\"\(remoteAddress)\" is no literal address: give one such as 203.0.113.7")
        }
        self.remoteAddress = address
        self.isSecure = isSecure
    }
}
