import ApusNet

extension ConnectOptions {
    /// How a run connects; reads the file of `--ca`.
    ///
    /// - Throws: What is wrong with the file; in a build without TLS `WithoutTLS`.
    static func bench(_ options: BenchOptions) throws -> ConnectOptions {
        var connecting = ConnectOptions()
        connecting.timeout = options.timeout
        guard options.url.scheme == .https else { return connecting }
        #if TLS
            var tls = TLSClientConfiguration()
            tls.applicationProtocols = [options.http2 ? "h2" : "http/1.1"]
            switch options.trust {
            case .system: tls.trust = .system
            case .authorities(let file): tls.trust = .authorities(TLSAuthorities(certificates: [.file(file)]))
            case .anyone: tls.trust = .anyoneWithoutVerification
            }
            connecting.tls = TLSConnecting(try TLSContext(client: tls), serverName: options.url.host)
            connecting.tls?.handshakeTimeout = options.timeout
            return connecting
        #else
            throw WithoutTLS()
        #endif
    }
}

#if !TLS
    /// TLS was asked for in a build without it.
    struct WithoutTLS: Error, CustomStringConvertible {
        var description: String { "this build has no TLS: build it with the trait TLS, which is on by default" }
    }
#endif
