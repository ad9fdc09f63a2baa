public import ApusHTTP
import ApusRuntime

/// What ``Decompression`` takes from clients.
public struct DecompressionOptions: Sendable {
    /// The codings that are undone.
    public var codings = ContentCoding.preferred
    /// The most codings, one on the other.
    public var mostCodings = 2
    /// The most bytes that a request's content may have when it is decoded; nil is the limit of the route.
    public var mostBytes: Int?
    /// How many times as long as what was sent the content may be, once it exceeds ``unboundedBytes``.
    public var mostRatio = 200
    /// How long content may be whatever its ratio, in bytes.
    public var unboundedBytes = 1 << 20

    /// The defaults, but for what is given.
    ///
    /// - Parameters:
    ///   - codings: The codings that are undone.
    ///   - mostBytes: The most bytes that a request's content may have when it is decoded; nil is the limit of the
    ///     route.
    public init(codings: [ContentCoding] = ContentCoding.preferred, mostBytes: Int? = nil) {
        self.codings = codings
        self.mostBytes = mostBytes
    }
}

/// Gives handlers the content of requests without its content coding (RFC 9110, 8.4).
///
/// ```swift
/// app.use(Decompression())
/// app.post("/events") { context in try await context.text().count }
/// ```
///
/// Content is decoded as the handler reads it, in pieces, so memory stays flat whatever it claims to be. Refused are
/// codings that nobody knows (415 with Accept-Encoding, RFC 9110, 15.5.16), content that grows beyond the limits (413),
/// and content that is malformed, cut off or followed by more (400). A synchronous handler's content is decoded on the
/// loop when the handler asks for it: for megabytes of it, register an asynchronous one.
///
/// Without this middleware, handlers see content as it was sent.
public struct Decompression: SynchronousMiddleware {
    private let options: DecompressionOptions
    private let codings: [ContentCoding]

    /// The middleware; without the trait `Compression` it refuses every coding.
    ///
    /// - Parameter options: What is taken from clients.
    public init(_ options: DecompressionOptions = DecompressionOptions()) {
        self.options = options
        codings = options.codings.filter { $0.isSupported && $0 != .identity }
    }

    /// Has the request's content decoded when it is read. On the request's loop.
    ///
    /// - Throws: `HTTPError` 415 for a coding that is not undone.
    public func before(_ context: Context) throws -> Response? {
        guard context.head.hasBody, let field = context.field(.contentEncoding) else { return nil }
        do throws(CodingError) {
            let applied = try ContentCoding.list(of: field, most: options.mostCodings)
            guard !applied.isEmpty else { return nil }
            for coding in applied where !codings.contains(coding) { throw .unsupported(coding.name) }
            let limits = DecodingLimits(
                bytes: options.mostBytes ?? context.body.limit, ratio: options.mostRatio,
                unboundedBytes: options.unboundedBytes)
            try context.body.decode(
                ContentDecoder(applied, limits: limits, pool: CodingPool.of(context.loop)), context.loop)
        } catch {
            var refusal = HTTPError(error)
            if error.status == .unsupportedMediaType {
                refusal.fields[.acceptEncoding] = codings.isEmpty ? "identity" : ContentCoding.names(codings)
            }
            throw refusal
        }
        return nil
    }
}

extension HTTPError {
    init(_ error: CodingError) { self.init(error.status, error.description) }
}
