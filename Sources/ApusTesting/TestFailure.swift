/// Where in a test something was asked for.
public struct TestPlace: Sendable, Hashable, CustomStringConvertible {
    /// `Module/File.swift`.
    public let fileID: String
    /// The file's path.
    public let filePath: String
    /// The line, from 1.
    public let line: Int
    /// The column, from 1.
    public let column: Int

    init(fileID: String, filePath: String, line: Int, column: Int) {
        self.fileID = fileID
        self.filePath = filePath
        self.line = line
        self.column = column
    }

    /// `Module/File.swift:12`
    public var description: String { "\(fileID):\(line)" }
}

/// What a test did not get, with what came instead.
public struct TestFailure: Error, Sendable, CustomStringConvertible {
    /// What is wrong, in a line or more.
    public var message: String
    /// Where the test asked, when it is known.
    public var place: TestPlace?

    init(_ message: String, at place: TestPlace? = nil) {
        self.message = message
        self.place = place
    }

    func asked(_ request: TestRequest) -> TestFailure { TestFailure("\(request.description): \(message)", at: place) }

    /// The message, and the place.
    public var description: String { place.map { "\(message)\n(\($0))" } ?? message }
}
