import ApusNet

extension ConnectOptions {
    /// How a run connects; reads the file of `--ca`.
    ///
    /// - Throws: ``WithoutTLS``, or what is wrong with the file.
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
