// The two tables by which a field name is recognised in constant time. They are string literals because those are
// the one kind of table that Swift lays down in read-only memory, without a check at each use.

extension KnownField {
    /// One row of 40 bytes for each case, in the order of the cases: the name as it is usually spelled, a colon, spaces.
    @usableFromInline static var spellings: StaticString {
        #"""
        :                                       \#
        Host:                                   \#
        Connection:                             \#
        Content-Length:                         \#
        Transfer-Encoding:                      \#
        Expect:                                 \#
        Upgrade:                                \#
        Accept:                                 \#
        Accept-Charset:                         \#
        Accept-Encoding:                        \#
        Accept-Language:                        \#
        Accept-Ranges:                          \#
        Access-Control-Allow-Credentials:       \#
        Access-Control-Allow-Headers:           \#
        Access-Control-Allow-Methods:           \#
        Access-Control-Allow-Origin:            \#
        Access-Control-Expose-Headers:          \#
        Access-Control-Max-Age:                 \#
        Access-Control-Request-Headers:         \#
        Access-Control-Request-Method:          \#
        Age:                                    \#
        Allow:                                  \#
        Alt-Svc:                                \#
        Authorization:                          \#
        Cache-Control:                          \#
        Content-Disposition:                    \#
        Content-Encoding:                       \#
        Content-Language:                       \#
        Content-Location:                       \#
        Content-Range:                          \#
        Content-Security-Policy:                \#
        Content-Type:                           \#
        Cookie:                                 \#
        Cross-Origin-Opener-Policy:             \#
        Cross-Origin-Resource-Policy:           \#
        Date:                                   \#
        ETag:                                   \#
        Expires:                                \#
        Forwarded:                              \#
        From:                                   \#
        HTTP2-Settings:                         \#
        If-Match:                               \#
        If-Modified-Since:                      \#
        If-None-Match:                          \#
        If-Range:                               \#
        If-Unmodified-Since:                    \#
        Keep-Alive:                             \#
        Last-Event-ID:                          \#
        Last-Modified:                          \#
        Link:                                   \#
        Location:                               \#
        Max-Forwards:                           \#
        Origin:                                 \#
        Permissions-Policy:                     \#
        Pragma:                                 \#
        Priority:                               \#
        Proxy-Authorization:                    \#
        Proxy-Connection:                       \#
        Range:                                  \#
        Referer:                                \#
        Referrer-Policy:                        \#
        Retry-After:                            \#
        Sec-CH-UA:                              \#
        Sec-CH-UA-Mobile:                       \#
        Sec-CH-UA-Platform:                     \#
        Sec-Fetch-Dest:                         \#
        Sec-Fetch-Mode:                         \#
        Sec-Fetch-Site:                         \#
        Sec-Fetch-User:                         \#
        Sec-WebSocket-Accept:                   \#
        Sec-WebSocket-Extensions:               \#
        Sec-WebSocket-Key:                      \#
        Sec-WebSocket-Protocol:                 \#
        Sec-WebSocket-Version:                  \#
        Server:                                 \#
        Set-Cookie:                             \#
        Strict-Transport-Security:              \#
        TE:                                     \#
        Traceparent:                            \#
        Tracestate:                             \#
        Trailer:                                \#
        Upgrade-Insecure-Requests:              \#
        User-Agent:                             \#
        Vary:                                   \#
        Via:                                    \#
        WWW-Authenticate:                       \#
        X-Content-Type-Options:                 \#
        X-Forwarded-For:                        \#
        X-Forwarded-Host:                       \#
        X-Forwarded-Proto:                      \#
        X-Frame-Options:                        \#
        X-Real-IP:                              \#
        X-Request-ID:                           \#
        X-Requested-With:                       
        """#
    }

    /// The width of a row of ``spellings``.
    @usableFromInline static var spellingWidth: Int { 40 }

    /// The perfect hash: at the place of each known name its number plus `!`, elsewhere `!`.
    ///
    /// Made by `Scripts/field-slots`, which tries multipliers until no two names share a place; a test looks up every name.
    static var slots: StaticString {
        #"""
        !^!!!!!s!!!!!!!>!!!!!!X!!5!q!!!!!!YR&!!U!!!!!!!!JP!+!!M!!!!!!v!!\#
        x!!!!{w!!!!!!!<!!!!!!!!k!!!j!]!!!4!!"!G!!!19!!!!!!!!!!8!!!*!!!!!\#
        !!!!,!!!!!0!!!!!!!7!!!!!A!!B!l!!!!u!!O!!!!!!!!!!!!!!Q!!g!!!b!!!!\#
        o!6!!!!!!!!!!!`[!\t!d!e!f!!!!!=!!!!!(r!!%!!!!!W!!!!!!!!!!!!;!!!!\#
        !!!!!C!_!/!!!!!!-!.h!!!!!!!!!!!!!!!!!!i!!!!!!!!)!!#!!!!!!!!!n!!!\#
        !!!!!p!!D!T!!!!!!!!V!!!!!!!!!!!!!!!$!!!!m!!!!!!!!L!!}!!!!!!!!!?!\#
        !!!!!!!!!!!!!!!!!!!I!!!!!'!!!!y!!3!!!!!!!!!!!!!!!!!N!!!!!!!!!2!a\#
        !!!!!!!!!!!@|!!!!!!!!:!!!!!!SF!HZ!!!!K~!!!c!!!!!!!!!!!!!E!!!!!z!
        """#
    }

    /// The place of a name among ``slots``.
    ///
    /// - Parameters:
    ///   - first: the name's first eight bytes, colon included, those behind the colon zero.
    ///   - last: the eight bytes that end with the colon, or `first` for a shorter name.
    ///   - count: the bytes of the name without its colon.
    @inline(__always)
    static func slot(first: UInt64, last: UInt64, count: Int) -> Int {
        let fold: UInt64 = 0x2020_2020_2020_2020
        let mixed =
            ((first | fold) &* 0xDE15_959B_D50E_A765)
            ^ (((last | fold) &+ UInt64(truncatingIfNeeded: count)) &* 0x9C7A_6044_1AA9_41F5)
        return Int(truncatingIfNeeded: mixed &>> 55)
    }
}
