/// What an encoder is asked to do with the bytes it is given.
enum CodingOperation: CInt {
    case write
    /// And have all of them readable by the peer.
    case flush
    /// And end the content.
    case finish
}

/// What one call of a library did.
struct CodingStep {
    var consumed: Int
    var produced: Int
    /// The operation has come to its end; when decoding, the content (or one of several frames of it).
    var isDone: Bool
}

/// How far an encoder or decoder came with the bytes it was given.
@frozen public struct CodingProgress: Sendable, Equatable {
    /// How many of them it took.
    public var consumed: Int
    /// Whether all is done: every byte taken, and what must come out has. Else there was no more room: empty the
    /// output and call again, with the bytes that were not taken.
    public var isComplete: Bool

    /// So many bytes taken.
    @inlinable public init(consumed: Int, isComplete: Bool) {
        self.consumed = consumed
        self.isComplete = isComplete
    }
}

/// A library's state for encoding, which costs hundreds of kilobytes and is used again and again. One thread at a time.
class EncodingContext {
    let coding: ContentCoding
    /// When it was used last, in the pool's milliseconds.
    var usedAt: UInt64 = 0

    init(_ coding: ContentCoding) { self.coding = coding }

    /// Makes it as new.
    ///
    /// - Parameters:
    ///   - level: One of the coding's levels.
    ///   - size: The number of bytes that will come; nil when it is unknown.
    // Never reached: `make` gives subclasses only, and each overrides both.
    func begin(level: Int, size: Int?) throws(CodingError) { fatalError("a subclass begins") }

    /// Takes bytes and makes bytes.
    func step(
        _ input: UnsafeRawBufferPointer, _ operation: CodingOperation, _ output: UnsafeMutableRawBufferPointer
    ) throws(CodingError) -> CodingStep { fatalError("a subclass takes the step") }

    /// Roughly what it holds when it is idle, in bytes.
    var footprint: Int { 0 }

    /// A new context.
    static func make(_ coding: ContentCoding) throws(CodingError) -> EncodingContext {
        #if Compression && canImport(CZlib)
            switch coding {
            case .zstd: return try ZstdEncoding()
            case .br: return BrotliEncoding()
            case .gzip, .deflate: return DeflateEncoding(coding)
            case .identity: return IdentityEncoding()
            }
        #else
            guard coding == .identity else { throw .unsupported(coding.name) }
            return IdentityEncoding()
        #endif
    }
}

/// A library's state for decoding. One thread at a time.
class DecodingContext {
    let coding: ContentCoding
    /// When it was used last, in the pool's milliseconds.
    var usedAt: UInt64 = 0

    init(_ coding: ContentCoding) { self.coding = coding }

    /// Makes it as new; also between the members of one content, where the format has several.
    // Never reached: `make` gives subclasses only, and each overrides both.
    func begin() throws(CodingError) { fatalError("a subclass begins") }

    /// Takes bytes and makes bytes.
    func step(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) throws(CodingError) -> CodingStep { fatalError("a subclass takes the step") }

    /// Whether what ended may be followed by more of the same: members of gzip, frames of zstd.
    var hasMembers: Bool { coding == .gzip || coding == .zstd }

    /// Roughly what it holds when it is idle, in bytes.
    var footprint: Int { 0 }

    /// A new context.
    static func make(_ coding: ContentCoding) throws(CodingError) -> DecodingContext {
        #if Compression && canImport(CZlib)
            switch coding {
            case .zstd: return try ZstdDecoding()
            case .br: return BrotliDecoding()
            case .gzip, .deflate: return InflateDecoding(coding)
            case .identity: throw .unsupported(coding.name)
            }
        #else
            throw .unsupported(coding.name)
        #endif
    }
}

/// The coding that changes nothing.
final class IdentityEncoding: EncodingContext {
    init() { super.init(.identity) }

    override func begin(level: Int, size: Int?) {}

    override func step(
        _ input: UnsafeRawBufferPointer, _ operation: CodingOperation, _ output: UnsafeMutableRawBufferPointer
    ) -> CodingStep {
        let count = min(input.count, output.count)
        if count > 0 { unsafe output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count])) }
        return CodingStep(consumed: count, produced: count, isDone: count == input.count)
    }
}
