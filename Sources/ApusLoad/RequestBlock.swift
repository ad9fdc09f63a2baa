import ApusHTTP
import ApusNet

/// The request of a run as the bytes that go out, built once and repeated, so that several leave with one call.
struct RequestBlock: Sendable {
    /// Repeated up to this many bytes.
    private static let largest = 64 << 10

    private let bytes: [UInt8]
    /// The length of one request.
    let length: Int
    /// How many there are.
    let copies: Int

    /// - Parameter content: the body; with one, or with a method that usually has one, there is a Content-Length.
    init(_ options: BenchOptions, content: [UInt8]?) {
        var head = "\(options.method) \(options.url.target) HTTP/1.1\r\n"
        let names = options.headers.map { $0.name.lowercased() }
        if !names.contains("host") { head += "Host: \(options.url.authority)\r\n" }
        if !names.contains("user-agent") { head += "User-Agent: apus-bench\r\n" }
        for header in options.headers { head += "\(header.name): \(header.value)\r\n" }
        if options.announcesLength(of: content) {
            head += "Content-Length: \(content?.count ?? 0)\r\n"
        }
        let request = Array((head + "\r\n").utf8) + (content ?? [])
        length = request.count
        copies = max(1, min(options.pipeline, Self.largest / request.count))
        bytes = Array(repeatElement(request, count: copies).joined())
    }

    /// One request, as it goes out.
    var text: String { String(decoding: bytes.prefix(length), as: UTF8.self) }

    /// Queues or sends `count` requests.
    @inline(__always) func write(_ count: Int, to connection: Connection) {
        var left = count
        while left > 0 {
            let now = min(left, copies)
            unsafe connection.writeThrough(bytes.span.bytes.extracting(0..<now &* length))
            left &-= now
        }
    }
}

extension BenchOptions {
    /// RFC 9110, 8.6: also for no content, where the method gives content a meaning.
    fileprivate func announcesLength(of content: [UInt8]?) -> Bool {
        content != nil || ["POST", "PUT", "PATCH"].contains(method)
    }
}

extension HTTP2RequestHead {
    /// The head of each request of a run.
    init(_ options: BenchOptions, content: [UInt8]?) {
        var authority = options.url.authority
        var fields: HTTPFields = [.userAgent: "apus-bench"]
        for header in options.headers {
            // The command line's reader refuses what is no token.
            guard let name = HTTPField.Name(header.name) else { continue }
            switch name {
            // The :authority stands for it (RFC 9113, 8.3.1).
            case .host: authority = header.value
            case .userAgent: fields[.userAgent] = header.value
            default: fields.append(HTTPField(name: name, replacingInvalid: header.value))
            }
        }
        if options.announcesLength(of: content) { fields.append(.contentLength, String(content?.count ?? 0)) }
        self.init(
            method: HTTPMethod(rawValue: options.method) ?? .get, isSecure: options.url.scheme == .https,
            authority: authority, path: options.url.target, fields: fields)
    }
}
