import ApusHTTP
import ApusRuntime

/// What ``CORS/Options`` come to: the fields of answers, written out beforehand where they can be.
final class CORSPolicy: Sendable {
    private enum Decision {
        /// The same for every origin.
        case any(FieldBlock)
        case listed(OriginSet)
        case chosen(@Sendable (String, Context) -> Bool)
    }

    private let decision: Decision
    /// What goes with answers to origins that may not read them, and to requests without an origin.
    private let refused: FieldBlock
    private let allowsCredentials: Bool
    private let exposed: String?
    private let methods: String
    /// Nil where any is allowed.
    private let requestFields: String?
    private let maxAge: String?

    init(_ options: CORS.Options) throws(CORSError) {
        allowsCredentials = options.credentials
        exposed = options.exposedFields.isEmpty ? nil : options.exposedFields.map(\.rawName).joined(separator: ", ")
        methods = options.methods.map(\.rawValue).joined(separator: ", ")
        maxAge = options.maxAge.map { "\(max(0, $0.components.seconds))" }
        switch options.requestFields {
        case .any: requestFields = nil
        case .listed(let names): requestFields = names.map(\.rawName).joined(separator: ", ")
        }
        refused = FieldBlock([.vary: "Origin"])
        switch options.origins {
        case .any:
            guard !options.credentials else { throw .credentialsForAnyOrigin }
            decision = .any(FieldBlock(Self.fields("*", false, exposed)))
        case .listed(let texts):
            var set = OriginSet()
            for text in texts {
                guard text != "null" || !options.credentials else { throw .credentialsForNull }
                guard let origin = OriginPattern(text) else { throw .invalidOrigin(text) }
                set.insert(origin, FieldBlock(Self.fields(text, options.credentials, exposed)))
            }
            decision = .listed(set)
        case .chosen(let choose): decision = .chosen(choose)
        }
    }

    private static func fields(_ origin: String, _ credentials: Bool, _ exposed: String?) -> HTTPFields {
        var fields: HTTPFields = [.accessControlAllowOrigin: origin]
        if origin != "*" { fields[.vary] = "Origin" }
        if credentials { fields[.accessControlAllowCredentials] = "true" }
        fields[.accessControlExposeHeaders] = exposed
        return fields
    }

    /// Has the fields go with the answer, in place of those of a policy further out.
    func addFields(_ context: Context) {
        let edge = context.ensureEdge()
        let block = block(context)
        if let index = edge.originBlock {
            edge.blocks[index] = block
        } else {
            edge.originBlock = edge.blocks.count
            edge.blocks.append(block)
        }
    }

    private func block(_ context: Context) -> FieldBlock {
        switch decision {
        case .any(let block): return block
        case .listed(let set):
            guard let origin = context.onlyOrigin else { return refused }
            let bytes = origin.of(context.bytes)
            if let block = set.block(for: bytes) { return block }
            return set.matches(bytes) ? block(for: String(copyingLatin1OrUTF8: bytes)) : refused
        case .chosen(let choose):
            guard let origin = context.onlyOrigin else { return refused }
            let text = String(copyingLatin1OrUTF8: origin.of(context.bytes))
            return choose(text, context) ? block(for: text) : refused
        }
    }

    private func block(for origin: String) -> FieldBlock {
        FieldBlock(Self.fields(origin, allowsCredentials, exposed))
    }

    /// The answer to a preflight: 204, with the fields that allow what may be done, or without.
    func preflight(_ context: Context) -> Response {
        var response = Response(.noContent)
        if case .any = decision {} else { response.fields.append(.vary, "Origin") }
        response.fields.append(.vary, "Access-Control-Request-Method, Access-Control-Request-Headers")
        for field in block(context).fields where field.name != .vary && field.name != .accessControlExposeHeaders {
            response.fields.append(field)
        }
        guard response.fields.contains(.accessControlAllowOrigin) else { return response }
        response.fields[.accessControlAllowMethods] = methods
        if let requestFields {
            if !requestFields.isEmpty { response.fields[.accessControlAllowHeaders] = requestFields }
        } else if let wanted = context.field(.accessControlRequestHeaders), Self.isList(wanted) {
            // A star would not do: it has no say over Authorization, nor where there are credentials.
            response.fields[.accessControlAllowHeaders] = wanted
        }
        response.fields[.accessControlMaxAge] = maxAge
        return response
    }

    /// Whether a text is names of fields and commas, so that it may be sent back.
    private static func isList(_ text: String) -> Bool {
        text.utf8.count <= 4096
            && text.split(separator: ",").allSatisfy { part in
                let blanks: (Character) -> Bool = { $0 == " " || $0 == "\t" }
                let name = part.drop(while: blanks)
                guard let end = name.lastIndex(where: { !blanks($0) }) else { return false }
                return HTTPField.Name(String(name[...end])) != nil
            }
    }
}

extension Context {
    /// Where the request's origin stands, if it has just one.
    fileprivate var onlyOrigin: ByteSlice? {
        guard let place = head.fields.first(.origin, in: bytes) else { return nil }
        var count = 0
        head.fields.forEach(.origin, in: bytes) { _ in count += 1 }
        return count == 1 ? place : nil
    }
}
