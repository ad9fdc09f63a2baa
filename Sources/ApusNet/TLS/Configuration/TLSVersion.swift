/// A version of TLS.
public enum TLSVersion: UInt16, Hashable, Sendable, Comparable, CustomStringConvertible {
    /// TLS 1.2 (RFC 5246).
    case tls12 = 0x0303
    /// TLS 1.3 (RFC 8446).
    case tls13 = 0x0304

    /// `TLSv1.2` or `TLSv1.3`.
    public var description: String { self == .tls12 ? "TLSv1.2" : "TLSv1.3" }

    /// Orders by age, older first.
    public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}
