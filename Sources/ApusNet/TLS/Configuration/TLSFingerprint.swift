/// The SHA-256 digest of a certificate's DER bytes: what a person compares, and what a client pins.
public struct TLSFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes of the digest.
    public let bytes: [UInt8]

    /// A fingerprint of exactly 32 bytes; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// A fingerprint as people write it: 64 hexadecimal digits, in either case, with or without colons or spaces
    /// between the bytes. Nil for anything else.
    public init?(_ text: some StringProtocol) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text where character != ":" && character != " " {
            guard character.isASCII, let digit = character.hexDigitValue else { return nil }
            if let first = high {
                bytes.append(first << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        guard high == nil else { return nil }
        self.init(bytes: bytes)
    }

    /// Pairs of capital hexadecimal digits with colons between, as `openssl x509 -fingerprint -sha256` prints them.
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: ":")
    }
}
