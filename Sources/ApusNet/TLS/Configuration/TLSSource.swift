/// Where the bytes of a certificate, a key or a list come from.
public enum TLSSource: Hashable, Sendable, CustomStringConvertible {
    /// A file, read when a context is made and again when it is reloaded.
    case file(String)
    /// Bytes in memory.
    case bytes([UInt8])

    /// PEM text in memory.
    public static func text(_ text: String) -> TLSSource { .bytes(Array(text.utf8)) }

    /// The file's path, or `in memory`: never the bytes, for they may be a key.
    public var description: String {
        switch self {
        case .file(let path): path
        case .bytes: "in memory"
        }
    }
}
