import ApusHTTP
import ApusNet
import ApusPool
import ApusRuntime

/// A connection that speaks some version of HTTP.
protocol ServerConnection: ConnectionHandler, RequestCarrier {
    /// Its place in the pool of what it speaks; nil before it has one, after it has left, and outside of a server.
    var membership: PooledConnection? { get set }
    /// What it speaks, for the pools.
    static var servedProtocol: ServedProtocol { get }
    /// The server stops: ends the connection when the requests in hand, or the next, are answered.
    func drain(_ connection: Connection)
    /// The time for a next request is over: ends the connection now when it has none in hand.
    func endIdle(_ connection: Connection)
    /// What carries the bytes. Set when the connection opens.
    var connection: Connection { get }
}

extension ServerConnection {
    /// Ends the connection when the requests in hand are answered: now when there are none.
    func endSoon(_ connection: Connection) {
        drain(connection)
        endIdle(connection)
    }
}

extension ServerConnection {
    var remoteAddress: SocketAddress? { connection.remoteAddress }
    var localAddress: SocketAddress? { connection.localAddress }
    var isSecure: Bool { connection.isSecure }
    var isRelayed: Bool { connection.isRelayed }
    #if TLS
        var tls: TLSInfo? { connection.tlsInfo }
        var isReceivingEarly: Bool { connection.isReceivingEarly }
    #endif
}

/// What a request came by, as far as its handler may ask: a connection, or a test.
protocol RequestCarrier: AnyObject {
    /// The place of the listener that accepted it among those of the application.
    var listener: UInt8 { get }
    /// What the loop's connections share.
    var server: ServerLoop { get }
    /// What logs call the client; nil while nothing is logged.
    var peerName: PeerName? { get }
    /// The client's address.
    var remoteAddress: SocketAddress? { get }
    /// Our own.
    var localAddress: SocketAddress? { get }
    /// Whether it is TLS.
    var isSecure: Bool { get }
    /// Whether a load balancer has told of the client by the PROXY protocol.
    var isRelayed: Bool { get }
    #if TLS
        /// What TLS has agreed on.
        var tls: TLSInfo? { get }
        /// Whether the TLS handshake is still under way.
        var isReceivingEarly: Bool { get }
    #endif
}
