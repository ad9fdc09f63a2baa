public import ApusHTTP

extension Context {
    /// Tells the client what it will need while the response is still being made: 103 with `Link` fields, by which a
    /// browser loads style sheets and scripts early (RFC 8297). May be called several times; nothing is sent once the
    /// response has begun, nor to a client of HTTP/1.0. On the loop.
    ///
    /// ```swift
    /// app.get("/report") { context async throws in
    ///     context.sendEarlyHints([.link: "</report.css>; rel=preload; as=style"])
    ///     return try await offload { renderReport() }
    /// }
    /// ```
    ///
    /// Over HTTP/1.1 some clients and proxies take what they don't know for the response; browsers heed it over HTTP/2
    /// only. What a synchronous handler sends leaves together with its response.
    ///
    /// - Parameter fields: The fields, most often `Link`; what they say is not repeated in the response.
    public func sendEarlyHints(_ fields: HTTPFields) {
        guard !isAnswered else { return }
        transport?.sendInterim(self, .earlyHints, fields)
    }
}
