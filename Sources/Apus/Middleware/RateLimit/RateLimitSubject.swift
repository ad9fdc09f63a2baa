public import ApusHTTP

/// What of a request ``RateLimit`` counts by: its client's address, a field, or whatever a function makes of it.
///
/// ```swift
/// app.use(RateLimit(.tokenBucket(10, per: .seconds(1)), by: .field(.authorization)))
/// ```
public struct RateLimitSubject: Sendable {
    enum Kind: Sendable {
        case address(ipv4Prefix: Int, ipv6Prefix: Int)
        case function(@Sendable (Context) throws -> RateLimitKey?)
    }

    let kind: Kind

    /// The client's address: a whole one of IPv4, the `/64` network of one of IPv6.
    public static let address = RateLimitSubject.network(ipv4Prefix: 32, ipv6Prefix: 64)

    /// The client's network.
    ///
    /// - Parameters:
    ///   - ipv4Prefix: How many bits of an IPv4 address count, 0 to 32.
    ///   - ipv6Prefix: How many bits of an IPv6 address count, 0 to 128.
    public static func network(ipv4Prefix: Int, ipv6Prefix: Int) -> RateLimitSubject {
        RateLimitSubject(kind: .address(ipv4Prefix: ipv4Prefix, ipv6Prefix: ipv6Prefix))
    }

    /// The value of a field that a client must send anyway, such as an API key; by address where it is missing.
    ///
    /// What a client can choose freely limits nobody: use it for fields that are checked, before or behind.
    public static func field(_ name: HTTPField.Name) -> RateLimitSubject {
        .function { context in
            context.field(name).map { RateLimitKey($0) } ?? context.clientAddress.map { RateLimitKey($0) }
        }
    }

    /// All requests together.
    public static let everyone = RateLimitSubject.function { _ in RateLimitKey("everyone") }

    /// What a function gives, on the request's loop; a request for which it gives nil is not limited.
    public static func function(_ key: @escaping @Sendable (Context) throws -> RateLimitKey?) -> RateLimitSubject {
        RateLimitSubject(kind: .function(key))
    }

    /// The key of a request; nil for one that is not limited.
    func key(of context: Context) throws -> RateLimitKey? {
        switch kind {
        case .address(let ipv4Prefix, let ipv6Prefix):
            context.clientAddress.map { RateLimitKey($0, ipv4Prefix: ipv4Prefix, ipv6Prefix: ipv6Prefix) }
        case .function(let key): try key(context)
        }
    }

    /// The hash of that key; nil for a request that is not limited.
    @inline(__always)
    func fingerprint(of context: Context) throws -> UInt64? {
        if case .address(let ipv4Prefix, let ipv6Prefix) = kind, context.edge?.forwarded == nil {
            return context.remoteAddress.map {
                RateLimitKey.fingerprint($0, ipv4Prefix: ipv4Prefix, ipv6Prefix: ipv6Prefix)
            }
        }
        return try key(of: context)?.fingerprint
    }
}
