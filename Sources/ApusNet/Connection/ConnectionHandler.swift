public import ApusRuntime

/// A protocol of one's own on a connection, heard synchronously on the connection's loop. HTTP is one.
///
/// Every method is called on the loop's thread, and never from inside another of the same connection, but for `closed`,
/// which a handler's own `close()` or `abort()` brings at once. One handler serves one connection; the connection keeps
/// it until it is gone.
///
/// ```swift
/// final class Echo: ConnectionHandler {
///     func received(_ bytes: RawSpan, on connection: Connection) -> Int {
///         connection.write(bytes)
///         return bytes.byteCount
///     }
/// }
/// ```
public protocol ConnectionHandler: AnyObject {
    /// What is spoken, in a word or two, for who looks at a server's connections: `echo`. By default `other`. It must not
    /// change while the connection lasts, nor depend on what the peer says: few different ones are told apart.
    var protocolName: String { get }
    /// The connection is open; nothing was received yet.
    func connected(_ connection: Connection)
    /// Bytes arrived, shown in place and valid only during the call. The result says how many were consumed:
    /// the connection keeps the others, and shows them again, in front, with those that follow.
    func received(_ bytes: RawSpan, on connection: Connection) -> Int
    /// The peer will send nothing more (it may still read). By default what is queued is sent and the connection
    /// closed.
    func receivedEnd(on connection: Connection)
    /// The end of a peer that speaks TLS came without its farewell (RFC 8446, 6.1): anybody on the way could have sent
    /// it, so what has no length of its own may be cut short. By default what is queued is sent and the connection
    /// closed. Whatever is done here, `closed` will be told of the error.
    func receivedTruncation(on connection: Connection)
    /// The peer sent its end while receiving is paused; unread bytes may come before it.
    func peerHungUp(on connection: Connection)
    /// The write queue went from above its high-water mark to below its low one: write on.
    func writable(on connection: Connection)
    /// The connection's timer fell due.
    func timerFired(on connection: Connection)
    /// The connection ends with `count` bytes that were written and never sent; `closed` follows at once.
    func lost(_ count: Int, on connection: Connection)
    /// The connection is gone; an error when it broke, nil when it was closed. The last call.
    func closed(_ connection: Connection, error: SystemError?)
}

extension ConnectionHandler {
    /// `other`.
    public var protocolName: String { "other" }
    /// Does nothing.
    public func connected(_ connection: Connection) {}
    /// Sends what is queued and closes.
    public func receivedEnd(on connection: Connection) { connection.closeAfterWriting() }
    /// Sends what is queued and closes.
    public func receivedTruncation(on connection: Connection) { connection.closeAfterWriting() }
    /// Does nothing: the end is heard when receiving goes on.
    public func peerHungUp(on connection: Connection) {}
    /// Does nothing.
    public func writable(on connection: Connection) {}
    /// Closes.
    public func timerFired(on connection: Connection) { connection.close() }
    /// Does nothing.
    public func lost(_ count: Int, on connection: Connection) {}
    /// Does nothing.
    public func closed(_ connection: Connection, error: SystemError?) {}
}
