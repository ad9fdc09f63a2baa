import ApusHTTP
public import ApusNet

/// Believes what proxies say of the client, and nobody else: ``Context/clientAddress``, ``Context/scheme`` and
/// ``Context/host`` are then those of the client.
///
/// ```swift
/// app.use(TrustedProxies(try AddressSet(["10.0.0.0/8"])))
/// ```
///
/// A request from a peer outside the set keeps its own address, whatever it claims. For one from within, the list of
/// addresses is walked from its end, where the last proxy wrote, to its begin, as long as they are trusted: the first one
/// that is not is the client. What a client has put into the list stands before that and is never reached.
///
/// Let it be outside of all that asks for the client: logs, ``AddressFilter``, rate limits, ``SecurityHeaders``. A list
/// that can't be read, from a trusted peer, gets 400: half a list would hide who sent it.
///
/// > Important: Name only fields that your proxies set or remove. One that they hand on as they got it is the client's.
public struct TrustedProxies: RequestMiddleware {
    /// Where the proxies write what they know.
    public enum Source: Sendable, Hashable {
        /// `Forwarded` (RFC 7239): address, host and scheme in one field.
        case forwarded
        /// The fields `X-Forwarded-…` named here.
        case xForwarded(XForwardedFields)
    }

    /// Fields that are no standard and that all proxies know.
    public struct XForwardedFields: OptionSet, Sendable, Hashable {
        /// One bit for each field.
        public let rawValue: UInt8

        /// Fields of these bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// `X-Forwarded-For`: addresses.
        public static let addresses = XForwardedFields(rawValue: 1)
        /// `X-Forwarded-Proto`: `http` or `https`.
        public static let scheme = XForwardedFields(rawValue: 2)
        /// `X-Forwarded-Host`: what the client asked for as Host.
        public static let host = XForwardedFields(rawValue: 4)
        /// `X-Forwarded-Port`: the port that the client connected to.
        public static let port = XForwardedFields(rawValue: 8)
    }

    private let proxies: AddressSet
    private let source: Source
    private let trustsUnixSockets: Bool

    /// The middleware.
    ///
    /// - Parameters:
    ///   - proxies: The addresses of the proxies: of all of them, when several stand in a row.
    ///   - source: Where they write. The default is `X-Forwarded-For` and `X-Forwarded-Proto`, which nearly every proxy
    ///     sets; not the host, which many hand on from the client.
    ///   - trustsUnixSockets: Whether who comes by a Unix socket is such a proxy: who may connect is decided by the
    ///     socket's file.
    public init(
        _ proxies: AddressSet, reading source: Source = .xForwarded([.addresses, .scheme]),
        trustsUnixSockets: Bool = true
    ) {
        self.proxies = proxies
        self.source = source
        self.trustsUnixSockets = trustsUnixSockets
    }

    /// Finds the client.
    ///
    /// - Throws: `HTTPError` 400 when a trusted proxy's fields can't be read.
    public func before(_ context: Context) throws -> Response? {
        guard let peer = context.remoteAddress, isTrusted(peer) else { return nil }
        let edge = context.ensureEdge()
        edge.forwarded = ForwardedRequest(client: peer)
        switch source {
        case .forwarded where context.head.fields.contains(.forwarded, in: context.bytes):
            edge.forwarded = try walkForwarded(context, peer)
        case .xForwarded(let fields): edge.forwarded = try walkXForwarded(context, peer, fields)
        case .forwarded: break
        }
        return nil
    }

    /// Whether what comes from there is believed.
    func isTrusted(_ address: SocketAddress) -> Bool {
        if case .unix = address { return trustsUnixSockets }
        return proxies.contains(address)
    }

    // MARK: Forwarded

    private func walkForwarded(_ context: Context, _ peer: SocketAddress) throws(HTTPError) -> ForwardedRequest {
        var lines: [String] = []
        context.head.fields.forEach(.forwarded, in: context.bytes) { lines.append(String(copyingLatin1OrUTF8: $0)) }
        var request = ForwardedRequest(client: peer)
        // Line by line from the last: what is unbalanced in a client's own line must not swallow that of a proxy.
        for line in lines.reversed() {
            guard let elements = ForwardedElement.list(line) else { throw Self.unreadable("Forwarded") }
            for element in elements.reversed() {
                try request.apply(element)
                guard let client = request.client, isTrusted(client) else { return request }
            }
        }
        return request
    }

    // MARK: X-Forwarded-…

    private func walkXForwarded(
        _ context: Context, _ peer: SocketAddress, _ fields: XForwardedFields
    ) throws(HTTPError) -> ForwardedRequest {
        var request = ForwardedRequest(client: peer)
        // How many addresses there are, and how many of them, from the end, were passed.
        var count = 0
        var passed = 0
        if fields.contains(.addresses), let list = context.field(.xForwardedFor) {
            let items = XForwardedList.items(list)
            count = items.count
            while passed < count {
                let item = items[count - 1 - passed]
                guard let node = ForwardedNode(item, allowsBareIPv6: true) else {
                    throw Self.unreadable("X-Forwarded-For")
                }
                passed += 1
                request.client = node.address
                guard let client = request.client, isTrusted(client) else { break }
            }
        }
        func value(_ name: HTTPField.Name) -> Substring? {
            context.field(name).flatMap { XForwardedList.value($0, addresses: count, passed: passed) }
        }
        if fields.contains(.scheme), let scheme = value(.xForwardedProto) {
            guard let isSecure = ForwardedScheme.isSecure(scheme) else { throw Self.unreadable("X-Forwarded-Proto") }
            request.isSecure = isSecure
        }
        if fields.contains(.host), let host = value(.xForwardedHost) {
            guard ForwardedHost.isValid(host) else { throw Self.unreadable("X-Forwarded-Host") }
            request.host = String(host)
        }
        if fields.contains(.port), let port = value(.xForwardedPort) {
            guard let number = UInt16(port: port), number > 0 else {
                throw Self.unreadable("X-Forwarded-Port")
            }
            let isSecure = request.isSecure ?? context.isSecure
            request.host = ForwardedHost.with(number, request.host ?? context.authority, isSecure: isSecure)
        }
        return request
    }

    static func unreadable(_ field: String) -> HTTPError {
        HTTPError(.badRequest, "the field \(field) can't be read: correct it, or leave it out")
    }
}

extension HTTPField.Name {
    fileprivate static let xForwardedPort = HTTPField.Name("X-Forwarded-Port")!
}
