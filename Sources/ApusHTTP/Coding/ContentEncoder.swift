public import ApusRuntime

/// Encodes content piece by piece.
///
/// ```swift
/// var encoder = try ContentEncoder(.gzip)
/// var output = Buffer(capacity: 16384)
/// var taken = 0
/// while true {
///     let progress = try encoder.write(content.extracting(taken..<content.byteCount), into: &output)
///     taken += progress.consumed
///     if progress.isComplete { break }
///     send(output.bytes)
///     output.removeAll()
/// }
/// while try !encoder.finish(into: &output).isComplete {
///     send(output.bytes)
///     output.removeAll()
/// }
/// send(output.bytes)
/// ```
///
/// What it was given may stay inside until ``flush(into:)``, which makes all of it readable by the peer, or
/// ``finish(into:)``. It belongs to one thread, that of its pool's loop if it has one; dropping it gives the library's
/// state back.
public struct ContentEncoder: ~Copyable {
    /// The least room that the output must have when it is written to, in bytes.
    public static let leastRoom = 64

    private let context: EncodingContext
    private let pool: CodingPool?

    /// An encoder, ready for content.
    ///
    /// - Parameters:
    ///   - coding: The coding.
    ///   - level: How hard to try; nil is ``ContentCoding/usualLevel``, and what is outside of
    ///     ``ContentCoding/levels`` the nearest of those.
    ///   - size: The content's length in bytes, if it is known: then exactly so many must come.
    ///   - pool: Where the library's state comes from and goes to; nil makes one of its own.
    /// - Throws: ``CodingError/unsupported(_:)``, ``CodingError/outOfMemory``.
    public init(
        _ coding: ContentCoding, level: Int? = nil, size: Int? = nil, pool: CodingPool? = nil
    ) throws(CodingError) {
        let context = if let pool { try pool.takeEncoding(coding) } else { try EncodingContext.make(coding) }
        let levels = coding.levels
        let level = min(max(level ?? coding.usualLevel, levels.lowerBound), levels.upperBound)
        do throws(CodingError) {
            try context.begin(level: level, size: size)
        } catch {
            pool?.give(context)
            throw error
        }
        self.context = context
        self.pool = pool
    }

    deinit { pool?.give(context) }

    /// The coding.
    public var coding: ContentCoding { context.coding }

    /// Takes content.
    ///
    /// - Parameters:
    ///   - bytes: The content's next bytes.
    ///   - output: Where the coded bytes go, with room for ``leastRoom`` at least.
    /// - Throws: ``CodingError/outOfMemory``; ``CodingError/malformed(_:)`` when it was finished before, or the content
    ///   is not as long as was said.
    public mutating func write(_ bytes: RawSpan, into output: inout Buffer) throws(CodingError) -> CodingProgress {
        try step(bytes, .write, &output)
    }

    /// Brings everything that was written into the output, so that the peer can decode it. It costs some bytes each
    /// time.
    ///
    /// - Parameter output: Where the coded bytes go, with room for ``leastRoom`` at least.
    /// - Throws: Like ``write(_:into:)``.
    public mutating func flush(into output: inout Buffer) throws(CodingError) -> CodingProgress {
        try step(RawSpan(), .flush, &output)
    }

    /// Ends the content.
    ///
    /// - Parameter output: Where the coded bytes go, with room for ``leastRoom`` at least.
    /// - Throws: Like ``write(_:into:)``.
    public mutating func finish(into output: inout Buffer) throws(CodingError) -> CodingProgress {
        try step(RawSpan(), .finish, &output)
    }

    private mutating func step(
        _ bytes: RawSpan, _ operation: CodingOperation, _ output: inout Buffer
    ) throws(CodingError) -> CodingProgress {
        precondition(output.available >= Self.leastRoom, "an encoder's output needs room: empty it first")
        var taken = 0
        while true {
            let step = try context.step(bytes.extracting(taken..<bytes.byteCount), operation, &output)
            taken += step.consumed
            if step.isDone { return CodingProgress(consumed: taken, isComplete: true) }
            if output.available < Self.leastRoom || step.consumed == 0 && step.produced == 0 {
                return CodingProgress(consumed: taken, isComplete: false)
            }
        }
    }

    /// Whole content in a coding; nil when that is not shorter, and need not be so.
    ///
    /// - Parameters:
    ///   - content: The content.
    ///   - coding: The coding.
    ///   - level: As for ``init(_:level:size:pool:)``.
    ///   - mayGrow: Whether the result is wanted even when it is longer.
    ///   - pool: As for ``init(_:level:size:pool:)``.
    /// - Throws: ``CodingError/unsupported(_:)``, ``CodingError/outOfMemory``.
    public static func encode(
        _ content: RawSpan, _ coding: ContentCoding, level: Int? = nil, mayGrow: Bool = false, pool: CodingPool? = nil
    ) throws(CodingError) -> [UInt8]? {
        guard content.byteCount > 1 || mayGrow else { return nil }
        let encoder = try ContentEncoder(coding, level: level, size: content.byteCount, pool: pool)
        // The formats add at most one part in a hundred to what can't be shortened.
        let room = mayGrow ? content.byteCount + content.byteCount / 64 + 512 : content.byteCount - 1
        return try encoder.context.whole(content, room: room)
    }
}

extension EncodingContext {
    func step(
        _ input: RawSpan, _ operation: CodingOperation, _ output: inout Buffer
    ) throws(CodingError) -> CodingStep {
        var result = CodingStep(consumed: 0, produced: 0, isDone: false)
        try unsafe input.withUnsafeBytes { input throws(CodingError) in
            try unsafe output.withUnsafeAvailable { room throws(CodingError) in
                result = try unsafe step(input, operation, room)
                return result.produced
            }
        }
        return result
    }

    /// The whole content, if it fits in `room` bytes.
    func whole(_ content: RawSpan, room: Int) throws(CodingError) -> [UInt8]? {
        var failure: CodingError?
        var isDone = false
        let coded = unsafe [UInt8](unsafeUninitializedCapacity: room) { room, count in
            do throws(CodingError) {
                try unsafe content.withUnsafeBytes { content throws(CodingError) in
                    var taken = 0
                    while !isDone, count < room.count {
                        let step = try unsafe step(
                            UnsafeRawBufferPointer(rebasing: content[taken...]), .finish,
                            UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: room[count...])))
                        taken += step.consumed
                        count += step.produced
                        isDone = step.isDone
                        if step.consumed == 0, step.produced == 0 { break }
                    }
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return isDone ? coded : nil
    }
}
