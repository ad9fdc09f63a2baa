/// The static table (RFC 7541, Appendix A): the fields 1 to 61 that every connection knows.
enum HPACKStaticTable {
    /// The number of fields; they are counted from 1.
    static var count: Int { 61 }

    /// What is known of a field beside its bytes.
    struct Entry {
        let nameCount: UInt8
        let valueCount: UInt8
        /// See ``HPACKFieldCode``.
        let code: UInt8

        @inline(__always)
        init(_ nameCount: UInt8, _ valueCount: UInt8, _ known: KnownField) {
            self.nameCount = nameCount
            self.valueCount = valueCount
            code = known.rawValue
        }

        @inline(__always)
        init(_ nameCount: UInt8, _ valueCount: UInt8, pseudo: PseudoField) {
            self.nameCount = nameCount
            self.valueCount = valueCount
            code = pseudo.rawValue
        }
    }

    /// The field at `index`, from 1 to 61.
    @inline(__always)
    static func entry(_ index: Int) -> Entry {
        assert(index >= 1 && index <= count)
        return unsafe entries[unchecked: index]
    }

    /// Where the bytes of the field at `index` begin: its name, at once its value, and spaces up to ``width``.
    @unsafe @inline(__always)
    static func bytes(_ index: Int) -> UnsafeRawPointer {
        assert(index >= 1 && index <= count)
        return unsafe UnsafeRawPointer(rows.utf8Start + index &* width)
    }

    /// The bytes from one field to the next in ``rows``: more than the longest takes, and a whole number of blocks.
    static var width: Int { 32 }

    private static let entries: InlineArray<62, Entry> = [
        Entry(0, 0, .none),
        Entry(10, 0, pseudo: .authority),  // 1 :authority
        Entry(7, 3, pseudo: .method),  // 2 :method: GET
        Entry(7, 4, pseudo: .method),  // 3 :method: POST
        Entry(5, 1, pseudo: .path),  // 4 :path: /
        Entry(5, 11, pseudo: .path),  // 5 :path: /index.html
        Entry(7, 4, pseudo: .scheme),  // 6 :scheme: http
        Entry(7, 5, pseudo: .scheme),  // 7 :scheme: https
        Entry(7, 3, pseudo: .status),  // 8 :status: 200
        Entry(7, 3, pseudo: .status),  // 9 :status: 204
        Entry(7, 3, pseudo: .status),  // 10 :status: 206
        Entry(7, 3, pseudo: .status),  // 11 :status: 304
        Entry(7, 3, pseudo: .status),  // 12 :status: 400
        Entry(7, 3, pseudo: .status),  // 13 :status: 404
        Entry(7, 3, pseudo: .status),  // 14 :status: 500
        Entry(14, 0, .acceptCharset),  // 15 accept-charset
        Entry(15, 13, .acceptEncoding),  // 16 accept-encoding: gzip, deflate
        Entry(15, 0, .acceptLanguage),  // 17 accept-language
        Entry(13, 0, .acceptRanges),  // 18 accept-ranges
        Entry(6, 0, .accept),  // 19 accept
        Entry(27, 0, .accessControlAllowOrigin),  // 20 access-control-allow-origin
        Entry(3, 0, .age),  // 21 age
        Entry(5, 0, .allow),  // 22 allow
        Entry(13, 0, .authorization),  // 23 authorization
        Entry(13, 0, .cacheControl),  // 24 cache-control
        Entry(19, 0, .contentDisposition),  // 25 content-disposition
        Entry(16, 0, .contentEncoding),  // 26 content-encoding
        Entry(16, 0, .contentLanguage),  // 27 content-language
        Entry(14, 0, .contentLength),  // 28 content-length
        Entry(16, 0, .contentLocation),  // 29 content-location
        Entry(13, 0, .contentRange),  // 30 content-range
        Entry(12, 0, .contentType),  // 31 content-type
        Entry(6, 0, .cookie),  // 32 cookie
        Entry(4, 0, .date),  // 33 date
        Entry(4, 0, .eTag),  // 34 etag
        Entry(6, 0, .expect),  // 35 expect
        Entry(7, 0, .expires),  // 36 expires
        Entry(4, 0, .from),  // 37 from
        Entry(4, 0, .host),  // 38 host
        Entry(8, 0, .ifMatch),  // 39 if-match
        Entry(17, 0, .ifModifiedSince),  // 40 if-modified-since
        Entry(13, 0, .ifNoneMatch),  // 41 if-none-match
        Entry(8, 0, .ifRange),  // 42 if-range
        Entry(19, 0, .ifUnmodifiedSince),  // 43 if-unmodified-since
        Entry(13, 0, .lastModified),  // 44 last-modified
        Entry(4, 0, .link),  // 45 link
        Entry(8, 0, .location),  // 46 location
        Entry(12, 0, .maxForwards),  // 47 max-forwards
        Entry(18, 0, .none),  // 48 proxy-authenticate
        Entry(19, 0, .proxyAuthorization),  // 49 proxy-authorization
        Entry(5, 0, .range),  // 50 range
        Entry(7, 0, .referer),  // 51 referer
        Entry(7, 0, .none),  // 52 refresh
        Entry(11, 0, .retryAfter),  // 53 retry-after
        Entry(6, 0, .server),  // 54 server
        Entry(10, 0, .setCookie),  // 55 set-cookie
        Entry(25, 0, .strictTransportSecurity),  // 56 strict-transport-security
        Entry(17, 0, .transferEncoding),  // 57 transfer-encoding
        Entry(10, 0, .userAgent),  // 58 user-agent
        Entry(4, 0, .vary),  // 59 vary
        Entry(3, 0, .via),  // 60 via
        Entry(16, 0, .wwwAuthenticate),  // 61 www-authenticate
    ]

    private static var rows: StaticString {
        #"""
                                        \#
        :authority                      \#
        :methodGET                      \#
        :methodPOST                     \#
        :path/                          \#
        :path/index.html                \#
        :schemehttp                     \#
        :schemehttps                    \#
        :status200                      \#
        :status204                      \#
        :status206                      \#
        :status304                      \#
        :status400                      \#
        :status404                      \#
        :status500                      \#
        accept-charset                  \#
        accept-encodinggzip, deflate    \#
        accept-language                 \#
        accept-ranges                   \#
        accept                          \#
        access-control-allow-origin     \#
        age                             \#
        allow                           \#
        authorization                   \#
        cache-control                   \#
        content-disposition             \#
        content-encoding                \#
        content-language                \#
        content-length                  \#
        content-location                \#
        content-range                   \#
        content-type                    \#
        cookie                          \#
        date                            \#
        etag                            \#
        expect                          \#
        expires                         \#
        from                            \#
        host                            \#
        if-match                        \#
        if-modified-since               \#
        if-none-match                   \#
        if-range                        \#
        if-unmodified-since             \#
        last-modified                   \#
        link                            \#
        location                        \#
        max-forwards                    \#
        proxy-authenticate              \#
        proxy-authorization             \#
        range                           \#
        referer                         \#
        refresh                         \#
        retry-after                     \#
        server                          \#
        set-cookie                      \#
        strict-transport-security       \#
        transfer-encoding               \#
        user-agent                      \#
        vary                            \#
        via                             \#
        www-authenticate                \#

        """#
    }
}
