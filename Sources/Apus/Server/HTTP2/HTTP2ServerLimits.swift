public import ApusHTTP

/// What a server bears from clients that speak HTTP/2, and what it allows them. Each has a safe default.
///
/// The times, the size of contents, the number of fields and the length of a path are those of ``ServerLimits`` for all
/// versions.
public struct HTTP2ServerLimits: Sendable {
    /// Whether HTTP/2 is spoken at all. Default true.
    public var isEnabled = true
    /// What is announced to clients: 128 streams at once, of which one that its client has reset counts until its handler
    /// has returned (`REFUSED_STREAM`); 64 KiB of fields (431); 256 KiB of content ahead of the handler on one stream.
    ///
    /// Extended CONNECT (RFC 8441) is announced by itself where a route takes tunnels by a protocol:
    /// ``Routes/connect(_:protocol:file:line:_:)``.
    public var settings: HTTP2Settings
    /// How often a client may do what costs the server more than the client, and what it may send on all streams together
    /// ahead of their handlers.
    public var peer = HTTP2Limits()
    /// A connection with requests in hand that says nothing for this time is asked whether it is there (PING); nil, the
    /// default, never asks. Without requests ``ServerLimits/idleTimeout`` ends it.
    public var pingInterval: Duration?
    /// One that does not answer in this time is left. Default 15 s.
    public var pingTimeout = Duration.seconds(15)

    /// The defaults.
    public init() {
        settings = .server
        settings.isConnectProtocolEnabled = false
    }
}
