/// Comparison of secrets whose time says nothing of where they differ.
public enum ConstantTime {
    /// Whether a text that a client gave equals a secret, in a time that depends on the length of the given text alone:
    /// neither on the secret's length nor on how much of it was guessed.
    ///
    /// - Parameters:
    ///   - given: What the client gave.
    ///   - secret: What it should be; an empty one equals nothing.
    public static func isEqual(_ given: String, to secret: String) -> Bool {
        isEqual(given.utf8Span.span, to: secret.utf8Span.span)
    }

    /// The same for bytes.
    ///
    /// - Parameters:
    ///   - given: What the client gave.
    ///   - secret: What it should be; empty ones equal nothing.
    public static func isEqual(_ given: [UInt8], to secret: [UInt8]) -> Bool {
        isEqual(given.span, to: secret.span)
    }

    /// The same for bytes in place.
    ///
    /// - Parameters:
    ///   - given: What the client gave.
    ///   - secret: What it should be; empty ones equal nothing.
    public static func isEqual(_ given: Span<UInt8>, to secret: Span<UInt8>) -> Bool {
        guard !secret.isEmpty else { return false }
        // Bits that differ are gathered, and looked at when all bytes have been.
        var difference = UInt(bitPattern: given.count ^ secret.count)
        var place = 0
        for index in given.indices {
            difference |= UInt(given[index] ^ secret[place])
            place &+= 1
            if place == secret.count { place = 0 }
        }
        return difference == 0
    }
}
