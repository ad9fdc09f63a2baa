/// How a server spares returning clients a full handshake.
///
/// A ticket carries the session to the client, sealed with a key that only the server has; the cache keeps it at the
/// server, for clients of TLS 1.2 that take no tickets and for 0-RTT.
public struct TLSResumption: Hashable, Sendable {
    /// Whether sessions go to clients as tickets (RFC 5077; RFC 8446, section 4.6.1). Default true.
    public var usesTickets = true
    /// How many tickets a full handshake of TLS 1.3 brings, 0 to 16; each resumption brings one more. Default 1: a
    /// client that resumes gets the next one with it.
    public var ticketsPerHandshake = 1
    /// How long a ticket key seals before the next one is made; it then opens for as long again. From one minute to
    /// seven days. Default 4 hours. A key that leaks opens what its tickets resumed in TLS 1.2: the shorter the better.
    public var ticketKeyLifetime = Duration.seconds(4 * 3600)
    /// A file with keys that several processes share: one or more of 80 bytes each (16 of name, 32 for HMAC-SHA256, 32
    /// for AES-256, as nginx has them). The first seals; all open. Who writes the file rotates the keys; it is read
    /// again when the context is reloaded. Nil: keys of this process, or of the workers of one master, which rotate by
    /// themselves. Default nil.
    public var ticketKeyFile: String?
    /// What several processes of this machine derive the same ticket keys from, at the same times; nil: keys of this
    /// process alone. A file of keys goes before it.
    package var ticketSecret: [UInt8]?
    /// How many sessions the cache holds, 0 (off) to 1,000,000, some 1 KB each; the oldest goes first. Default 10,000.
    public var cachedSessions = 10_000
    /// How long a session can be resumed after its full handshake, from one second to seven days (the limit of RFC 8446,
    /// section 4.6.1). Default 4 hours.
    public var sessionLifetime = Duration.seconds(4 * 3600)

    /// Tickets with rotating keys, and a bounded cache.
    public init() {}

    /// No resumption: every handshake is a full one.
    public static var none: TLSResumption {
        var none = TLSResumption()
        none.usesTickets = false
        none.cachedSessions = 0
        return none
    }
}
