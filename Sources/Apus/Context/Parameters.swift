import ApusHTTP

/// The parts of a request's path that its route's pattern names.
///
/// Valid while the handler runs, like the context it comes from.
public struct Parameters {
    let context: Context

    /// The decoded part called `name`, or nil when the pattern has none. `**` is the name of a catch-all.
    public subscript(name: String) -> String? {
        index(of: name).map { context.capture($0) }
    }

    private func index(of name: String) -> Int? {
        guard let index = context.route?.pattern.captureIndex(of: name), index < context.match.count else { return nil }
        return index
    }

    /// The part called `name` as a value: a number, a text, a `Bool`…
    ///
    /// - Throws: 400 when the text is no such value, or not UTF-8, with the parameter's name.
    public func require<Value: LosslessStringConvertible>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(HTTPError) -> Value {
        let text = try required(name)
        guard let value = Value(text) else {
            throw HTTPError(
                .badRequest, "the path's part \"\(name)\" is \"\(text)\": send a value of type \(Value.self)")
        }
        return value
    }

    /// The part called `name` as a case of an enumeration.
    ///
    /// - Throws: 400 when there is no such case.
    public func require<Value: RawRepresentable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(HTTPError) -> Value where Value.RawValue == String {
        let text = try required(name)
        guard let value = Value(rawValue: text) else {
            throw HTTPError(
                .badRequest, "the path's part \"\(name)\" is \"\(text)\": send a value of type \(Value.self)")
        }
        return value
    }

    /// The part called `name` as a value of a type that can be decoded: a `UUID`, a `Date` (RFC 3339, or a day), a
    /// `Decimal`, an enumeration of numbers…
    ///
    /// - Throws: 400 when the text is no such value, with the parameter's name and what to send.
    @_disfavoredOverload
    public func require<Value: Decodable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(HTTPError) -> Value {
        try ContentDecoding.decode(type, fromText: try required(name), "the path's part \"\(name)\"")
    }

    private func required(_ name: String) throws(HTTPError) -> String {
        guard let index = index(of: name) else {
            throw HTTPError(
                .internalServerError,
                "the route \(context.route?.pattern.description ?? "") names no part \"\(name)\": add :\(name) to its pattern"
            )
        }
        guard let text = context.validCapture(index) else {
            throw HTTPError(.badRequest, "the path's part \"\(name)\" is not UTF-8: percent-encode text in UTF-8")
        }
        return text
    }
}

extension Context {
    func capture(_ index: Int) -> String {
        let range = match[index]
        if let decodedPath { return unsafe RoutePath.text(decodedPath.span.bytes.extracting(range)) }
        return RoutePath.text(head.path.of(bytes).extracting(range))
    }

    /// The same, unless it is not UTF-8.
    func validCapture(_ index: Int) -> String? {
        let range = match[index]
        if let decodedPath { return unsafe RoutePath.validText(decodedPath.span.bytes.extracting(range)) }
        return RoutePath.validText(head.path.of(bytes).extracting(range))
    }
}
