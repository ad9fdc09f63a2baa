/// The field names that the codecs know by a number: `none` stands for every other name.
///
/// The first six steer framing and the connection; the parser looks closer at those and at no others, so their order
/// and place are part of the contract. The order of the rest is the alphabet's, and that of ``KnownField/spellings``.
@frozen @usableFromInline enum KnownField: UInt8, CaseIterable {
    case none = 0
    case host
    case connection
    case contentLength
    case transferEncoding
    case expect
    case upgrade

    case accept
    case acceptCharset
    case acceptEncoding
    case acceptLanguage
    case acceptRanges
    case accessControlAllowCredentials
    case accessControlAllowHeaders
    case accessControlAllowMethods
    case accessControlAllowOrigin
    case accessControlExposeHeaders
    case accessControlMaxAge
    case accessControlRequestHeaders
    case accessControlRequestMethod
    case age
    case allow
    case altService
    case authorization
    case cacheControl
    case contentDisposition
    case contentEncoding
    case contentLanguage
    case contentLocation
    case contentRange
    case contentSecurityPolicy
    case contentType
    case cookie
    case crossOriginOpenerPolicy
    case crossOriginResourcePolicy
    case date
    case eTag
    case expires
    case forwarded
    case from
    case http2Settings
    case ifMatch
    case ifModifiedSince
    case ifNoneMatch
    case ifRange
    case ifUnmodifiedSince
    case keepAlive
    case lastEventID
    case lastModified
    case link
    case location
    case maxForwards
    case origin
    case permissionsPolicy
    case pragma
    case priority
    case proxyAuthorization
    case proxyConnection
    case range
    case referer
    case referrerPolicy
    case retryAfter
    case secCHUA
    case secCHUAMobile
    case secCHUAPlatform
    case secFetchDest
    case secFetchMode
    case secFetchSite
    case secFetchUser
    case secWebSocketAccept
    case secWebSocketExtensions
    case secWebSocketKey
    case secWebSocketProtocol
    case secWebSocketVersion
    case server
    case setCookie
    case strictTransportSecurity
    case te
    case traceparent
    case tracestate
    case trailer
    case upgradeInsecureRequests
    case userAgent
    case vary
    case via
    case wwwAuthenticate
    case xContentTypeOptions
    case xForwardedFor
    case xForwardedHost
    case xForwardedProto
    case xFrameOptions
    case xRealIP
    case xRequestID
    case xRequestedWith

    /// The last of the names whose values the parser reads itself.
    static var lastSteering: KnownField { .upgrade }
}
