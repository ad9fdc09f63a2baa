/// The place in an application's source where something was registered, for messages that name it.
@frozen public struct SourcePlace: Hashable, Sendable, CustomStringConvertible {
    /// The file, as `#fileID` writes it: `Module/File.swift`.
    public let file: String
    /// The line, from 1.
    public let line: Int

    /// The caller's place, unless told another.
    public init(file: String = #fileID, line: Int = #line) {
        self.file = file
        self.line = line
    }

    /// `Module/File.swift:12`.
    public var description: String { "\(file):\(line)" }
}
