/// A value of content before it has a type: what a form, a query or JSON says.
enum ContentValue {
    case null
    case bool(Bool)
    /// A number as it is written.
    case number(String)
    /// A text. In a form it may mean a number, a date, or any other scalar.
    case text(String)
    /// A file of a form.
    case file(UploadedFile)
    /// Several values in their order.
    case list([ContentValue])
    /// Values by name.
    case group(Group)

    /// Values by name, in the order in which the names first came.
    struct Group {
        private(set) var names: [String] = []
        private var values: [String: ContentValue] = [:]

        subscript(name: String) -> ContentValue? {
            get { values[name] }
            set {
                if values.updateValue(newValue ?? .null, forKey: name) == nil { names.append(name) }
            }
        }

        /// The values as a list, when all names are places in it: in their order, without room for what is left out.
        var indexed: [ContentValue]? {
            let places = names.compactMap { name in Int(name).flatMap { $0 >= 0 ? (place: $0, name: name) : nil } }
            guard places.count == names.count else { return nil }
            return places.sorted { $0.place < $1.place }.compactMap { values[$0.name] }
        }
    }

    /// What it is, for a sentence that says what it should be.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .text: "a text"
        case .file: "a file"
        case .list: "a list"
        case .group: "a group of fields"
        }
    }
}

/// Where a value came from, which says how strictly its type is taken.
enum ContentSource {
    /// A form or a query: everything is text, a list of one is written like one value, an empty list not at all.
    case form
    /// JSON: a text is no number.
    case json
}
