import ApusHTTP

/// What an HTML form sends: names and values, and files; `application/x-www-form-urlencoded` or `multipart/form-data`.
///
/// ```swift
/// app.post("/login") { context in
///     let form = try context.form()
///     return "hello, \(try form.require("name", as: String.self))"
/// }
/// ```
public struct Form: Sendable {
    /// The names and values in their order; names may repeat.
    public let fields: Query
    /// The files in their order. A file field that was left empty is not among them.
    public let files: [UploadedFile]
    /// Which part of the form each file belongs to.
    private let fileNames: [String]

    init(_ fields: [Query.Pair], files: [(name: String, file: UploadedFile)] = []) {
        self.fields = Query(pairs: fields)
        self.files = files.map(\.file)
        fileNames = files.map(\.name)
    }

    /// The value of the first field called `name`, or nil.
    public subscript(name: String) -> String? { fields[name] }

    /// The values of all fields called `name`.
    public subscript(all name: String) -> [String] { fields[all: name] }

    /// The first file of the field called `name`, or nil.
    public func file(_ name: String) -> UploadedFile? { fileNames.firstIndex(of: name).map { files[$0] } }

    /// The first field called `name` as a value.
    ///
    /// - Throws: 400 when there is none, or its text is no such value.
    public func require<Value: LosslessStringConvertible>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(HTTPError) -> Value { try fields.require(name, as: type, of: "form") }

    /// The first field called `name` as a value of a type that can be decoded: a `UUID`, a `Date`, an enumeration…
    ///
    /// - Throws: 400 when there is none, or its text is no such value.
    @_disfavoredOverload
    public func require<Value: Decodable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(HTTPError) -> Value { try fields.require(name, as: type, of: "form") }

    /// The form as a value of a type of one's own.
    ///
    /// Fields belong to properties by their names; `address[city]` is the property `city` of `address`, `items[0]` an
    /// element of `items`; a list may also be written as a name that repeats, with or without `[]`. Text becomes numbers,
    /// `Bool` (`true`, `on`, `1`, `yes`, and their opposites), `Date` (RFC 3339, or a day), `UUID`, `Decimal`, `URL`,
    /// enumerations. A list that is not sent is empty, a `Bool` that is not sent false, and an optional whose field is
    /// left empty nil, unless it is a text.
    ///
    /// - Throws: ``ProblemDetails`` with 422 that names all fields that are wrong, and what was expected;
    ///   `HTTPError` 400 for names that are too deep.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        let tree = FormTree()
        for pair in fields.pairs { try tree.add(pair.name, .text(pair.value)) }
        for (name, file) in zip(fileNames, files) { try tree.add(name, .file(file)) }
        return try ContentDecoding.decode(type, from: tree.value, .form)
    }
}

/// How much a form may hold, and where its files go meanwhile.
public struct FormOptions: Sendable {
    /// The most fields and files together; 413 beyond.
    public var mostFields = 1000
    /// The most bytes of all values that are no files; 413 beyond.
    public var mostTextBytes = 1 << 20
    /// A file up to this many bytes stays in memory; a longer one goes to the disk.
    public var memoryPerFile = 64 << 10
    /// The most bytes of files that a form keeps in memory; what comes beyond goes to the disk.
    public var memoryForFiles = 1 << 20
    /// The most bytes of one file; nil is only what the route allows for all: ``RouteOptions/bodyLimit``.
    public var mostFileBytes: Int?
    /// Where longer files are written. They have no name there.
    public var temporaryFolder = "/tmp"

    /// The defaults.
    public init() {}

    var multipart: MultipartLimits { MultipartLimits(parts: mostFields) }
}
