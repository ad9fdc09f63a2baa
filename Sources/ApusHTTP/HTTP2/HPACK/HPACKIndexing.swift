/// What the encoder does with a field beside sending it (RFC 7541, 6.2 and 7.1).
enum HPACKIndexing {
    /// It is sent as it is and never remembered, not by a proxy either: a secret, or short enough to be guessed.
    case never
    /// It is sent as it is, for its value hardly ever comes again.
    case without
    /// It is remembered when it comes a second time.
    case repeated
    /// It is remembered at once.
    case incremental
    /// It is not sent, for HTTP/2 has no such field (RFC 9113, 8.2.2).
    case omitted
}

extension KnownField {
    /// What is done with the field when its value has `valueCount` octets.
    func indexing(valueCount: Int) -> HPACKIndexing {
        switch self {
        case .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade, .http2Settings: .omitted
        case .authorization, .proxyAuthorization, .setCookie: .never
        // A short cookie could be found out by trying what becomes an index.
        case .cookie: valueCount < 20 ? .never : .incremental
        case .age, .contentLength, .contentRange, .date, .eTag, .expires, .ifMatch, .ifModifiedSince, .ifNoneMatch,
            .ifRange, .ifUnmodifiedSince, .lastModified, .lastEventID, .location, .range, .retryAfter, .traceparent,
            .tracestate, .xRequestID, .secWebSocketKey, .secWebSocketAccept, .contentDisposition, .contentLocation:
            .without
        case .none, .referer, .link, .xForwardedFor, .xRealIP, .forwarded: .repeated
        default: .incremental
        }
    }

    /// The first place of the field's name in the static table (RFC 7541, Appendix A), or 0.
    var staticIndex: Int {
        switch self {
        case .acceptCharset: 15
        case .acceptEncoding: 16
        case .acceptLanguage: 17
        case .acceptRanges: 18
        case .accept: 19
        case .accessControlAllowOrigin: 20
        case .age: 21
        case .allow: 22
        case .authorization: 23
        case .cacheControl: 24
        case .contentDisposition: 25
        case .contentEncoding: 26
        case .contentLanguage: 27
        case .contentLength: 28
        case .contentLocation: 29
        case .contentRange: 30
        case .contentType: 31
        case .cookie: 32
        case .date: 33
        case .eTag: 34
        case .expect: 35
        case .expires: 36
        case .from: 37
        case .host: 38
        case .ifMatch: 39
        case .ifModifiedSince: 40
        case .ifNoneMatch: 41
        case .ifRange: 42
        case .ifUnmodifiedSince: 43
        case .lastModified: 44
        case .link: 45
        case .location: 46
        case .maxForwards: 47
        case .proxyAuthorization: 49
        case .range: 50
        case .referer: 51
        case .retryAfter: 53
        case .server: 54
        case .setCookie: 55
        case .strictTransportSecurity: 56
        case .transferEncoding: 57
        case .userAgent: 58
        case .vary: 59
        case .via: 60
        case .wwwAuthenticate: 61
        default: 0
        }
    }
}
