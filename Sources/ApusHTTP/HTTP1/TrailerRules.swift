extension HTTPField.Name {
    /// Whether the field must not stand in a trailer section, because it frames or routes the message, modifies the
    /// request, authenticates, controls the response or says how to process the content (RFC 9110, 6.5.1): by the
    /// time it came, its receiver would have acted without it.
    public var isForbiddenInTrailers: Bool { KnownField(rawValue: code)?.isForbiddenInTrailers ?? false }
}

extension KnownField {
    var isForbiddenInTrailers: Bool {
        switch self {
        // Framing and the connection.
        case .contentLength, .transferEncoding, .trailer, .te, .connection, .keepAlive, .proxyConnection, .upgrade,
            .http2Settings:
            true
        // Routing and the modifiers of a request.
        case .host, .forwarded, .xForwardedFor, .xForwardedHost, .xForwardedProto, .xRealIP, .maxForwards, .expect,
            .cacheControl, .pragma, .range, .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .ifRange:
            true
        // Authentication.
        case .authorization, .proxyAuthorization, .wwwAuthenticate, .cookie, .setCookie:
            true
        // Control of the response.
        case .age, .expires, .date, .location, .retryAfter, .vary:
            true
        // How the content is to be processed.
        case .contentEncoding, .contentType, .contentRange:
            true
        default:
            false
        }
    }
}
