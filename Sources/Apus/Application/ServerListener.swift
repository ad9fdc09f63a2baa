#if TLS
    public import ApusNet
#endif

/// One address that an application listens on, and what is spoken there.
///
/// ```swift
/// configuration.listeners = [
///     .http(port: 80, redirectingTo: 443),
///     .https(host: "*", port: 443, TLSConfiguration(identities: [identity])),
///     .http(host: "unix:/run/service.sock", name: "admin"),
/// ]
/// ```
///
/// All listeners serve the one application; ``Context/listener`` tells a handler where its request came in.
public struct ServerListener: Sendable {
    /// What is spoken on an address.
    public enum Kind: Sendable {
        /// HTTP/1.1, and HTTP/2 by prior knowledge (RFC 9113, 3.3), in the clear.
        case http
        /// Nothing but redirects (308, RFC 9110, 15.4.9) to the same place by `https` on that port.
        case redirect(port: UInt16)
        #if TLS
            /// HTTP/2 and HTTP/1.1 over TLS, as ALPN has it (RFC 7301).
            case https(TLSConfiguration)
        #endif
    }

    /// A name for logs, metrics and handlers, as `admin`.
    public var name: String
    /// A literal address, `*` for all, or `unix:/path`.
    public var host: String
    /// The port; 0 has the system choose one. It means nothing for a Unix socket.
    public var port: UInt16
    /// What is spoken.
    public var kind: Kind
    /// What is borne from its connections, for each protocol.
    public var pools = ListenerPoolSettings()
    #if TLS
        /// How long a TLS handshake may take, from the accepted connection on. Default 10 s.
        public var handshakeTimeout = Duration.seconds(10)
        /// TLS handshakes that may be under way at the same time on all loops; beyond it, connections wait in the
        /// kernel's backlog. Nil is without limit. Default 4096.
        public var concurrentHandshakes: Int? = 4096
        /// Whether handshakes are worked off by the work-stealing pool, so that a burst of them leaves the loops free for
        /// those who are connected already, at the price of two hops between threads for each. Default false.
        public var handshakesOffLoops = false
        /// Whether the kernel encrypts large files where it can (kernel TLS). Default false, for it was never run: the
        /// kernels that Apus is tested on can't.
        public var usesKernelTLS = false
        /// Whether a certificate is made when it opens, before those of its kind.
        var isSelfSigned = false
    #endif

    /// A listener of any kind.
    ///
    /// - Parameters:
    ///   - kind: What is spoken.
    ///   - host: A literal address, `*` for all, or `unix:/path`.
    ///   - port: The port; 0 has the system choose one.
    ///   - name: A name for logs, metrics and handlers.
    public init(_ kind: Kind, host: String, port: UInt16, name: String) {
        self.kind = kind
        self.host = host
        self.port = port
        self.name = name
    }

    /// HTTP/1.1 and HTTP/2 in the clear.
    ///
    /// - Parameters:
    ///   - host: A literal address, `*` for all, or `unix:/path`.
    ///   - port: The port; 0 has the system choose one.
    ///   - name: A name for logs, metrics and handlers.
    public static func http(host: String = "127.0.0.1", port: UInt16 = 8080, name: String = "http") -> ServerListener {
        ServerListener(.http, host: host, port: port, name: name)
    }

    /// Sends every client to the same place by `https`.
    ///
    /// - Parameters:
    ///   - host: A literal address, or `*` for all.
    ///   - port: The port; 0 has the system choose one.
    ///   - httpsPort: The port that clients are sent to.
    ///   - name: A name for logs, metrics and handlers.
    public static func http(
        host: String = "127.0.0.1", port: UInt16 = 80, redirectingTo httpsPort: UInt16, name: String = "redirect"
    ) -> ServerListener {
        ServerListener(.redirect(port: httpsPort), host: host, port: port, name: name)
    }

    #if TLS
        /// HTTP/2 and HTTP/1.1 over TLS.
        ///
        /// - Parameters:
        ///   - host: A literal address, `*` for all, or `unix:/path`.
        ///   - port: The port; 0 has the system choose one.
        ///   - tls: Certificates and the rest of how TLS is spoken.
        ///   - name: A name for logs, metrics and handlers.
        public static func https(
            host: String = "127.0.0.1", port: UInt16 = 8443, _ tls: TLSConfiguration, name: String = "https"
        ) -> ServerListener {
            ServerListener(.https(tls), host: host, port: port, name: name)
        }
    #endif
}

extension ServerListener {
    /// Whether TLS is spoken.
    var isSecure: Bool {
        #if TLS
            if case .https = kind { return true }
        #endif
        return false
    }

    /// Whether returning clients may send requests before their handshake is done.
    var takesEarlyData: Bool {
        #if TLS
            if case .https(let tls) = kind { return tls.earlyDataLimit > 0 && !handshakesOffLoops }
        #endif
        return false
    }

    /// Where listeners are, as the configuration has it, so that a process finds the sockets that another hands over. Of
    /// several with port 0 each has its own.
    package static func places(_ listeners: [(host: String, port: UInt16)]) -> [String] {
        var seen: [String: Int] = [:]
        return listeners.map { listener in
            let place = "\(listener.host) \(listener.port)"
            seen[place, default: 0] += 1
            return "\(place) \(seen[place, default: 0])"
        }
    }
}

extension AdminOptions {
    /// Where an admin listener is.
    package static func place(host: String, port: UInt16) -> String { "admin \(host) \(port)" }
}

extension ServerConfiguration {
    /// Where the listeners are, in their order.
    var places: [String] { ServerListener.places(listeners.map { ($0.host, $0.port) }) }
}
