public import ApusHTTP
public import ApusNet
public import ApusRuntime

extension Context {
    /// The request's method.
    public var method: HTTPMethod { head.method(in: bytes) }

    /// The version that the client spoke.
    public var version: HTTPVersion { head.version }

    /// The protocol that the client asks to speak through a tunnel, as it names it: the `:protocol` of an extended CONNECT
    /// (RFC 8441, 4), or in HTTP/1.1 that of its Upgrade for which there is a route. Nil for every other request.
    public var connectProtocol: String? {
        let place = head.connectProtocol
        return place.isEmpty ? nil : String(copyingLatin1OrUTF8: place.of(bytes))
    }

    /// The path, percent-decoded once; begins with `/`. An invalid sequence becomes U+FFFD.
    public var path: String {
        if let decodedPath { return unsafe RoutePath.text(decodedPath.span.bytes) }
        return String(copyingLatin1OrUTF8: head.path.of(bytes))
    }

    /// The request target as it was sent: path and query for most requests.
    public var target: String { String(copyingLatin1OrUTF8: head.target.of(bytes)) }

    /// The parts of the query (what follows `?`), decoded as forms are.
    public var query: Query {
        if let query = extras?.query { return query }
        let query = Query(parsing: head.query.of(bytes))
        ensureExtras().query = query
        return query
    }

    /// The parts of the path that the route's pattern names.
    public var parameters: Parameters { Parameters(context: self) }

    /// The values of the fields called `name`, joined with commas (RFC 9110, 5.3), or nil.
    public func field(_ name: HTTPField.Name) -> String? {
        var joined: String?
        head.fields.forEach(name, in: bytes) { value in
            let text = String(copyingLatin1OrUTF8: value)
            joined = joined.map { $0 + (name == .cookie ? "; " : ", ") + text } ?? text
        }
        return joined
    }

    /// All fields of the head, copied.
    public var fields: HTTPFields { head.fields.fields(in: bytes) }

    /// The host (and port) that the client asked: the target's authority, or the Host field.
    public var authority: String { String(copyingLatin1OrUTF8: head.authority.of(bytes)) }

    /// The address of the client, or of the proxy in front of it.
    public var remoteAddress: SocketAddress? { carrier?.remoteAddress }

    /// Our own address.
    public var localAddress: SocketAddress? { carrier?.localAddress }

    /// The name of the listener that the request came in by: ``ServerListener/name``. Empty once the client is gone.
    public var listener: String {
        guard let index = carrier?.listener else { return "" }
        let names = unsafe service.listeners
        return index < names.count ? names[Int(index)] : ""
    }

    /// Whether the request came over TLS.
    public var isSecure: Bool { carrier?.isSecure ?? false }

    #if TLS
        /// What TLS has agreed on with the client, and its certificate when it showed one; nil without TLS.
        public var tls: TLSInfo? { carrier?.tls }
    #endif

    /// Whether the request came before the TLS handshake was done (0-RTT), so that somebody who recorded it may be sending
    /// it again (RFC 8470). It turns false as soon as the handshake is done.
    ///
    /// Requests with methods that are not safe don't come so far: they are answered with 425, and clients send them again.
    /// A handler of a safe method that must not be called twice throws `HTTPError(.tooEarly)`. Always false unless
    /// `TLSConfiguration.earlyDataLimit` allows it.
    public var isEarly: Bool {
        #if TLS
            carrier?.isReceivingEarly ?? false
        #else
            false
        #endif
    }

    private var carrier: (any RequestCarrier)? { transport?.carrier }

    /// Where to say what an operator should know.
    public var log: Log { loop.log }

    /// A name of this request among all of this process: `X-Request-Id` of the client when it is a token of up to
    /// 128 characters, else a new one.
    public var requestID: String {
        if let id = edge?.mark?.text(in: bytes) ?? extras?.requestID { return id }
        var id = RequestID.next(on: loop)
        if let given = field(.xRequestID), RequestID.isAcceptable(given) { id = given }
        ensureExtras().requestID = id
        return id
    }

    /// What middleware and handlers keep with the request, by the type of its key.
    public subscript<Key: ContextKey>(key: Key.Type) -> Key.Value? {
        get { extras?.storage[ObjectIdentifier(key)] as? Key.Value }
        set { ensureExtras().storage[ObjectIdentifier(key)] = newValue }
    }

    /// The values of the query's, or the path's, `Accept`: whether the client prefers HTML to JSON.
    var prefersHTML: Bool {
        guard let accept = field(.accept) else { return false }
        return Accept(accept).prefers("text/html", to: "application/json")
    }
}

/// A key under which a context keeps a value: an empty type that says the value's type.
public protocol ContextKey {
    /// The type of the value.
    associatedtype Value
}
