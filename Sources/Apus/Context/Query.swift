public import ApusHTTP

/// The names and values of a query (what follows `?`), decoded as HTML forms encode them: `+` is a space, `%XX` a
/// byte, `&` separates. Names may repeat.
public struct Query: Sendable, Hashable {
    /// The pairs in their order; a name without `=` has an empty value.
    public let pairs: [Pair]
    /// Whether all of them were UTF-8. Where they were not some of their bytes are U+FFFD, and what throws refuses them.
    public let isUTF8: Bool

    /// A name and its value, decoded.
    public typealias Pair = URLEncodedForm.Pair

    /// The pairs of an encoded query, without its question mark. Invalid escapes stay as they are.
    public init(parsing encoded: RawSpan) {
        let form = URLEncodedForm(parsing: encoded)
        pairs = form.pairs
        isUTF8 = form.isUTF8
    }

    init(pairs: [Pair]) {
        self.pairs = pairs
        isUTF8 = true
    }

    /// Sees to it that no text was anything else.
    ///
    /// - Throws: 400.
    func requireUTF8() throws(HTTPError) {
        guard isUTF8 else { throw HTTPError(.badRequest, "the query is not UTF-8: percent-encode text in UTF-8") }
    }

    /// The value of the first pair called `name`, or nil.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// The values of all pairs called `name`.
    public subscript(all name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// The first pair called `name` as a value.
    ///
    /// - Throws: 400 when there is none, its text is no such value, or the query is not UTF-8.
    public func require<Value: LosslessStringConvertible>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(HTTPError) -> Value { try require(name, as: type, of: "query") }

    /// The first pair called `name` as a value of a type that can be decoded: a `UUID`, a `Date` (RFC 3339, or a day), a
    /// `Decimal`, an enumeration…
    ///
    /// - Throws: 400 when there is none, its text is no such value, or the query is not UTF-8.
    @_disfavoredOverload
    public func require<Value: Decodable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(HTTPError) -> Value { try require(name, as: type, of: "query") }

    @_disfavoredOverload
    func require<Value: Decodable>(_ name: String, as type: Value.Type, of whole: String) throws(HTTPError) -> Value {
        let text = try require(name, as: String.self, of: whole)
        return try ContentDecoding.decode(type, fromText: text, "the \(whole)'s \"\(name)\"")
    }

    /// - Parameter whole: What the pairs belong to, for the message.
    func require<Value: LosslessStringConvertible>(
        _ name: String, as type: Value.Type, of whole: String
    ) throws(HTTPError) -> Value {
        try requireUTF8()
        guard let text = self[name] else {
            let how = whole == "query" ? "?\(name)=… with " : ""
            throw HTTPError(.badRequest, "the \(whole) lacks \"\(name)\": add \(how)a value of type \(Value.self)")
        }
        guard let value = Value(text) else {
            throw HTTPError(
                .badRequest, "the \(whole)'s \"\(name)\" is \"\(text)\": send a value of type \(Value.self)")
        }
        return value
    }
}
