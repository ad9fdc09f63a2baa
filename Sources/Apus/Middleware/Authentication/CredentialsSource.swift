import ApusHTTP

/// Where a scheme finds credentials in a request, and what it asks for when they are missing or wrong.
struct CredentialsSource<Credentials>: Sendable {
    /// What a request shows.
    enum Reading {
        /// None of this scheme.
        case missing
        /// Some that can't be read.
        case malformed
        /// Credentials, not checked yet.
        case given(Credentials)
    }

    /// Reads a request.
    let read: @Sendable (Context) -> Reading
    /// The challenge to who has shown no credentials.
    let challenge: String
    /// What is added to it for wrong credentials, and for malformed ones.
    var wrong = ""
    var malformed = ""

    var missingError: HTTPError {
        HTTPError(.unauthorized, "credentials are needed", fields: [.wwwAuthenticate: challenge])
    }
    var wrongError: HTTPError {
        HTTPError(.unauthorized, "the credentials are not accepted", fields: [.wwwAuthenticate: challenge + wrong])
    }
    var malformedError: HTTPError {
        HTTPError(.badRequest, "the credentials are malformed", fields: [.wwwAuthenticate: challenge + malformed])
    }

    /// A quoted string (RFC 9110, 5.6.4).
    static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}

extension CredentialsSource where Credentials == BasicCredentials {
    static func basic(realm: String) -> Self {
        CredentialsSource(
            read: { context in
                guard let encoded = context.authorization("basic") else { return .missing }
                return BasicCredentials(encoded: encoded.utf8).map { .given($0) } ?? .malformed
            }, challenge: "Basic realm=\(quoted(realm)), charset=\"UTF-8\"")
    }
}

extension CredentialsSource where Credentials == String {
    static func bearer(realm: String) -> Self {
        CredentialsSource(
            read: { context in
                guard let token = context.authorization("bearer") else { return .missing }
                return token.isToken68 ? .given(String(token)) : .malformed
            }, challenge: "Bearer realm=\(quoted(realm))", wrong: ", error=\"invalid_token\"",
            malformed: ", error=\"invalid_request\"")
    }

    static func apiKey(in place: APIKeyPlace, realm: String) -> Self {
        CredentialsSource(
            read: { context in
                let key =
                    switch place {
                    case .field(let name): context.field(name)
                    case .query(let name): context.query[name]
                    }
                guard let key else { return .missing }
                return key.isEmpty ? .malformed : .given(key)
            }, challenge: "APIKey realm=\(quoted(realm))")
    }
}

extension Context {
    /// What stands behind a scheme in the field Authorization (RFC 9110, 11.6.2), or nil when it is of another scheme.
    fileprivate func authorization(_ scheme: String) -> Substring? {
        guard let field = field(.authorization) else { return nil }
        let end = field.utf8.firstIndex(of: UInt8(ascii: " ")) ?? field.endIndex
        guard field[..<end].lowercased() == scheme else { return nil }
        return field[end...].drop { $0 == " " }
    }
}

extension Substring {
    /// `token68` (RFC 9110, 11.2), which is `b64token` of RFC 6750, 2.1.
    fileprivate var isToken68: Bool {
        let bytes = utf8.reversed().drop { $0 == UInt8(ascii: "=") }
        return !bytes.isEmpty
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}
