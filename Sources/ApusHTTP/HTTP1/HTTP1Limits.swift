/// How much of a message's head is taken before it is refused.
///
/// The numbers are bytes as they came over the wire, line ends not counted. Each has a safe default.
public struct HTTP1Limits: Sendable, Equatable {
    /// The longest request line or status line; a longer request line gets 414. Default 8 KiB.
    public var startLine: Int
    /// The longest field line, name and colon included; a longer one gets 431. Default 8 KiB.
    public var fieldLine: Int
    /// The most fields in one section; one more gets 431. Default 100.
    public var fieldCount: Int
    /// The most bytes in all the field lines of one section; more gets 431. Default 64 KiB.
    public var fieldSection: Int

    /// Limits with the defaults for whatever is not given.
    public init(
        startLine: Int = 8 * 1024, fieldLine: Int = 8 * 1024, fieldCount: Int = 100, fieldSection: Int = 64 * 1024
    ) {
        self.startLine = startLine
        self.fieldLine = fieldLine
        self.fieldCount = fieldCount
        self.fieldSection = fieldSection
    }
}
