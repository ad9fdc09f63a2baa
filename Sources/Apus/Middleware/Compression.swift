import ApusHTTP
import ApusRuntime

/// Sends responses in the content coding that the client likes best: zstd, Brotli, gzip or deflate (RFC 9110, 8.4 and
/// 12.5.3).
///
/// ```swift
/// app.use(Compression())
/// ```
///
/// Coded is what gains by it and may be: content of one of ``CompressionOptions/types``, not too short, without a coding
/// or a Content-Range of its own, a digest, or `Cache-Control: no-transform`. Such a response says
/// `Vary: Accept-Encoding` whatever the client accepts, and when it is coded its entity tag becomes a weak one
/// (RFC 9110, 8.8.3.3): coded anew, the same content may have other bytes.
///
/// Synchronous handlers stay inline. Content up to ``CompressionOptions/mostInline`` is coded on the loop, longer
/// content by `offload`. A streamed response stays streamed: writes that follow one another are coded together, and
/// when the handler waits for something, all that it has written is on its way to the client.
///
/// A client that forbids content without a coding (`identity;q=0`) is obeyed, and told 406 when it takes none of ours.
///
/// > Warning: Where a response holds a secret beside text that the client's adversary can choose, its length tells of
/// > the secret (the BREACH attack). What another site's page asks for in its user's name is left as it is for that
/// > (``CompressionOptions/sparesOtherSites``); leave routes out that your own pages can be made to ask for, or mask the
/// > secret anew in each response.
public struct Compression: SynchronousMiddleware {
    private let options: CompressionOptions
    private let codings: [ContentCoding]
    private let types: MediaTypeSet
    private let excludedTypes: MediaTypeSet

    /// The middleware; without the trait `Compression` it changes nothing.
    ///
    /// - Parameter options: Which responses are coded, and how.
    public init(_ options: CompressionOptions = CompressionOptions()) {
        self.options = options
        codings = options.codings.filter { $0.isSupported && $0 != .identity }
        types = MediaTypeSet(options.types)
        excludedTypes = MediaTypeSet(options.excludedTypes)
    }

    /// Codes the response. On the request's loop.
    ///
    /// - Throws: `HTTPError` 406 when the client takes no coding that there is and forbids content without.
    public func after(_ response: inout Response, _ context: Context) throws {
        guard !codings.isEmpty else { return }
        if response.status == .notModified { return revalidated(&response, context) }
        guard !response.status.forbidsBody, response.status != .partialContent, response.isTransformable(context),
            response.body.count != 0
        else { return }
        let isWorthwhile = isWorthwhile(response)
        if isWorthwhile { response.varyByAcceptEncoding(context) }
        guard let accepted = context.field(.acceptEncoding) else { return }
        // Who forbids content without a coding gives weights; all others need no closer look.
        guard isWorthwhile || accepted.utf8.contains(UInt8(ascii: ";")) else { return }
        let preferences = AcceptEncoding(accepted)
        guard isWorthwhile || !preferences.acceptsIdentity else { return }
        guard let coding = preferences.best(among: codings) else {
            guard response.status.kind == .successful else { return }
            throw HTTPError(
                .notAcceptable,
                "Accept-Encoding allows none of \(ContentCoding.names(codings)): allow one, or identity",
                fields: [.vary: "Accept-Encoding"])
        }
        guard coding != .identity else { return }
        if options.sparesOtherSites, preferences.acceptsIdentity, !response.isOfFile, context.mayServeAnotherSite {
            return
        }
        if !isWorthwhile { response.varyByAcceptEncoding(context) }
        encode(&response, coding, isRequired: !preferences.acceptsIdentity, context)
    }

    private func isWorthwhile(_ response: Response) -> Bool {
        if let count = response.body.count {
            guard count >= options.leastBytes else { return false }
            if case .file = response.body, count > options.mostFile { return false }
        }
        guard let type = response.fields[.contentType] else { return false }
        return types.contains(type) && !excludedTypes.contains(type)
    }

    private func encode(_ response: inout Response, _ coding: ContentCoding, isRequired: Bool, _ context: Context) {
        let pool = CodingPool.of(context.loop)
        let level = options.levels[coding]
        var coded: Response.Body?
        switch response.body {
        case .empty, .tunnel: return
        case .text(var text) where text.utf8.count <= options.mostInline:
            coded = text.withUTF8 { bytes in
                CodedContent.encode(unsafe RawSpan(_unsafeElements: bytes), coding, level, isRequired, pool)
            }
        case .bytes(let bytes) where bytes.count <= options.mostInline:
            coded = CodedContent.encode(unsafe bytes.span.bytes, coding, level, isRequired, pool)
        case .text(let text): coded = CodedContent(.text(text), coding, level, context.loop).body
        case .bytes(let bytes): coded = CodedContent(.bytes(bytes), coding, level, context.loop).body
        case .file(let file, let offset, let count):
            coded = CodedContent(.file(file, offset: offset, count: count), coding, level, context.loop).body
        case .stream(_, let write):
            guard pool.statistics.inUse < options.mostStreams || isRequired else { return }
            coded = .stream(length: nil) { [loop = context.loop] writer in
                let coder = try StreamCoder(coding, level, writer.stream, loop)
                try await write(ResponseWriter(writer, coder))
                try await coder.finish()
            }
        }
        guard let coded else { return }
        response.body = coded
        response.fields[.contentEncoding] = coding.name
        response.fields[.acceptRanges] = nil
        if let tag = response.fields[.eTag], tag.hasPrefix("\"") { response.fields[.eTag] = "W/" + tag }
    }

    /// What the client holds may have come coded: then its tag was made weak, and is so again.
    private func revalidated(_ response: inout Response, _ context: Context) {
        response.varyByAcceptEncoding(context)
        guard let tag = response.fields[.eTag], tag.hasPrefix("\""), let known = context.field(.ifNoneMatch) else {
            return
        }
        if known.contains("W/" + tag) { response.fields[.eTag] = "W/" + tag }
    }
}

extension ContentCoding {
    /// The codings as a field lists them.
    static func names(_ codings: [ContentCoding]) -> String { codings.map(\.name).joined(separator: ", ") }
}

extension Response {
    /// Whether its content is a file's, which is the same for everybody.
    fileprivate var isOfFile: Bool { if case .file = body { true } else { false } }

    /// Whether nothing in its fields, or in those that go with it, forbids a coding.
    fileprivate func isTransformable(_ context: Context) -> Bool {
        guard Self.allowCoding(fields) else { return false }
        guard let added = context.extras?.responseFields, !added.isEmpty else { return true }
        return Self.allowCoding(added)
    }

    private static func allowCoding(_ fields: HTTPFields) -> Bool {
        for field in fields {
            switch field.name {
            case .contentEncoding, .contentRange, .contentDigest, .reprDigest, .digest, .contentMD5: return false
            case .cacheControl where field.value.utf8.count >= 12:
                for directive in field.value.split(separator: ",")
                where directive.lowercased().split(separator: " ").first == "no-transform" {
                    return false
                }
            default: continue
            }
        }
        return true
    }

    /// Tells caches that the response depends on Accept-Encoding (RFC 9110, 12.5.5).
    mutating func varyByAcceptEncoding(_ context: Context) {
        // What goes with every answer gives way to a field of the response's own.
        guard let vary = fields[.vary] ?? context.extras?.responseFields[.vary] else {
            fields.append(.vary, "Accept-Encoding")
            return
        }
        let isThere = vary.split(separator: ",").contains { name in
            let name = name.split(separator: " ").first ?? ""
            return name == "*" || name.lowercased() == "accept-encoding"
        }
        fields[.vary] = isThere ? vary : vary + ", Accept-Encoding"
    }
}

extension HTTPField.Name {
    fileprivate static let contentDigest = HTTPField.Name("Content-Digest")!
    fileprivate static let reprDigest = HTTPField.Name("Repr-Digest")!
    fileprivate static let digest = HTTPField.Name("Digest")!
    fileprivate static let contentMD5 = HTTPField.Name("Content-MD5")!
}
