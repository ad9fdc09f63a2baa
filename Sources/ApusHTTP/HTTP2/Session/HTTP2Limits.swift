/// How much a peer may ask of one HTTP/2 connection. Each has a safe default.
public struct HTTP2Limits: Sendable, Hashable {
    /// The most octets of a field block that comes in several frames, as it was compressed. Default 64 KiB.
    public var fieldBlock: Int
    /// The most CONTINUATION frames of one field block (CVE-2024-27316). Default 16.
    public var continuationFrames: Int

    /// Limits with the defaults for whatever is not given.
    public init(fieldBlock: Int = 64 * 1024, continuationFrames: Int = 16) {
        self.fieldBlock = fieldBlock
        self.continuationFrames = continuationFrames
    }
}
