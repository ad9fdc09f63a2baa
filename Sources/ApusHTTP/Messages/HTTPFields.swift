/// Fields in their order, several of one name allowed (RFC 9110, 5.2).
public struct HTTPFields: Sendable, Hashable {
    @usableFromInline var fields: [HTTPField] = []

    /// No fields.
    @inlinable public init() {}

    /// The fields given.
    public init(_ fields: some Sequence<HTTPField>) { self.fields = Array(fields) }

    /// The value of the fields called `name`, joined with `, ` when they are several (`; ` for Cookie), or nil.
    ///
    /// Setting it replaces them all by one; nil removes them. Control characters in a value become spaces.
    public subscript(name: HTTPField.Name) -> String? {
        get {
            var combined: String?
            for field in fields where field.name == name {
                if let earlier = combined {
                    combined = earlier + (name == .cookie ? "; " : ", ") + field.value
                } else {
                    combined = field.value
                }
            }
            return combined
        }
        set {
            let place = fields.firstIndex { $0.name == name }
            guard let newValue else {
                if place != nil { fields.removeAll { $0.name == name } }
                return
            }
            let field = HTTPField(name: name, replacingInvalid: newValue)
            guard let place else {
                fields.append(field)
                return
            }
            fields[place] = field
            if fields[(place + 1)...].contains(where: { $0.name == name }) {
                let kept = fields[...place]
                fields = kept + fields[(place + 1)...].filter { $0.name != name }
            }
        }
    }

    /// The values of the fields called `name`, one for each field, in their order.
    public subscript(values name: HTTPField.Name) -> [String] {
        get { fields.lazy.filter { $0.name == name }.map(\.value) }
        set {
            fields.removeAll { $0.name == name }
            for value in newValue { fields.append(HTTPField(name: name, replacingInvalid: value)) }
        }
    }

    /// The fields called `name`, in their order.
    public subscript(fields name: HTTPField.Name) -> [HTTPField] { fields.filter { $0.name == name } }

    /// Whether a field called `name` is among them.
    public func contains(_ name: HTTPField.Name) -> Bool { fields.contains { $0.name == name } }

    /// Adds a field behind the others.
    @inlinable public mutating func append(_ field: HTTPField) { fields.append(field) }

    /// Adds a field behind the others; control characters in `value` become spaces.
    public mutating func append(_ name: HTTPField.Name, _ value: String) {
        fields.append(HTTPField(name: name, replacingInvalid: value))
    }

    /// Makes room for `count` fields.
    public mutating func reserveCapacity(_ count: Int) { fields.reserveCapacity(count) }

    /// Removes all fields and keeps their room.
    public mutating func removeAll() { fields.removeAll(keepingCapacity: true) }
}

extension HTTPFields: RandomAccessCollection {
    /// 0, where the first field is.
    @inlinable public var startIndex: Int { 0 }
    /// The number of fields.
    @inlinable public var endIndex: Int { fields.count }
    /// The field at `index`.
    @inlinable public subscript(index: Int) -> HTTPField { fields[index] }
}

extension HTTPFields: ExpressibleByDictionaryLiteral {
    /// The fields of the literal, in its order; control characters in a value become spaces.
    public init(dictionaryLiteral elements: (HTTPField.Name, String)...) {
        fields = elements.map { HTTPField(name: $0, replacingInvalid: $1) }
    }
}
