public import ApusHTTP

/// An error as the client is told of it, in the terms of RFC 9457: a kind of problem, what happened this time, and
/// members of one's own.
///
/// It is an error, so a handler may throw it; it becomes `application/problem+json`, or a page for a browser
/// (``ErrorPage``).
///
/// ```swift
/// throw ProblemDetails(
///     .forbidden, type: "https://example.com/problems/out-of-credit",
///     title: "You do not have enough credit",
///     detail: "your balance is 30, and this costs 50", extensions: ["balance": 30])
/// ```
public struct ProblemDetails: Error, Sendable, Hashable {
    /// The status of the response.
    public var status: Status
    /// A URI reference that names the kind of problem (RFC 9457, 3.1.1); nil says no more than the status does.
    public var type: String?
    /// A short text that is the same for every problem of the type (RFC 9457, 3.1.3); nil is the status's phrase.
    public var title: String?
    /// What happened this time, and what the client can do (RFC 9457, 3.1.4).
    public var detail: String?
    /// A URI reference that names this occurrence (RFC 9457, 3.1.5).
    public var instance: String?
    /// Members beyond those of the standard, in their order (RFC 9457, 3.2). One with the name of a standard one, or of
    /// an earlier one, is not sent.
    public var extensions: [Member]
    /// What is wrong with single fields of what the client sent; sent as the member `errors`.
    public var invalidFields: [InvalidField] = []
    /// Fields that go with the response, such as `Retry-After`.
    public var fields: HTTPFields

    /// A problem.
    ///
    /// - Parameters:
    ///   - status: The status of the response.
    ///   - type: A URI reference that names the kind of problem.
    ///   - title: A short text that is the same for every problem of the type.
    ///   - detail: What happened this time, and what the client can do.
    ///   - instance: A URI reference that names this occurrence.
    ///   - extensions: Members beyond those of the standard: `["balance": 30]`.
    ///   - fields: Fields that go with the response.
    public init(
        _ status: Status, type: String? = nil, title: String? = nil, detail: String? = nil, instance: String? = nil,
        extensions: KeyValuePairs<String, Value> = [:], fields: HTTPFields = HTTPFields()
    ) {
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.instance = instance
        self.extensions = extensions.map { Member(name: $0.key, value: $0.value) }
        self.fields = fields
    }

    /// A field of a form, a query or a document that can't be taken, and why.
    public struct InvalidField: Sendable, Hashable {
        /// The field's name as the client sent it: `email`, `address.street`, `items[2].count`.
        public var name: String
        /// What is wrong with it, and what to send instead.
        public var message: String

        /// A field and what is wrong with it.
        public init(_ name: String, _ message: String) {
            self.name = name
            self.message = message
        }
    }

    /// A member beyond those of the standard.
    public struct Member: Sendable, Hashable {
        /// The name; a letter first, then letters, digits and `_` are wise (RFC 9457, 3.2).
        public var name: String
        /// The value.
        public var value: Value

        /// A member.
        public init(name: String, value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// The most of ``invalidFields`` that are sent: enough for every form that a person fills in.
    public static let mostErrors = 100

    /// 422 that names the fields that can't be taken.
    ///
    /// - Parameters:
    ///   - invalidFields: What is wrong, field by field; ``mostErrors`` of them are sent.
    ///   - detail: What is wrong as a whole; nil counts the fields.
    /// - Returns: The problem to throw.
    public static func invalid(_ invalidFields: [InvalidField], detail: String? = nil) -> ProblemDetails {
        let count = invalidFields.count
        var problem = ProblemDetails(
            .unprocessableContent, detail: detail ?? (count == 1 ? "1 field is invalid" : "\(count) fields are invalid")
        )
        problem.invalidFields = invalidFields
        return problem
    }

    /// The value of the first extension called `name`. Setting it replaces that one or adds one; nil removes it.
    public subscript(name: String) -> Value? {
        get { extensions.first { $0.name == name }?.value }
        set {
            let place = extensions.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let value?): extensions[place].value = value
            case (let place?, nil): extensions.remove(at: place)
            case (nil, let value?): extensions.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

/// An error that says how the client is told of it. Thrown by a handler it becomes that problem.
///
/// ```swift
/// enum ShopError: ProblemConvertible {
///     case soldOut
///     var problem: ProblemDetails { ProblemDetails(.conflict, detail: "sold out: come back on Monday") }
/// }
/// ```
public protocol ProblemConvertible: Error {
    /// What the client is told.
    var problem: ProblemDetails { get }
}

extension ProblemDetails: ProblemConvertible {
    /// Itself.
    public var problem: ProblemDetails { self }
}

extension HTTPError: ProblemConvertible {
    /// The status, with the message as detail.
    public var problem: ProblemDetails { ProblemDetails(status, detail: message, fields: fields) }
}

extension ProblemDetails: CustomStringConvertible {
    /// `403 Forbidden: your balance is 30, and this costs 50`
    public var description: String {
        let what = [title, detail].compactMap { $0 }.joined(separator: ": ")
        let invalid = invalidFields.map { "\($0.name): \($0.message)" }.joined(separator: "; ")
        return [status.description, what, invalid].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
