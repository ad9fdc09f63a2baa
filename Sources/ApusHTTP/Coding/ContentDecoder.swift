public import ApusRuntime

/// Decodes content piece by piece, through all of its codings, and never into more than its limits allow.
///
/// Memory stays flat whatever the content claims: each call makes as many bytes as the output has room for.
///
/// ```swift
/// var decoder = try ContentDecoder(ContentCoding.list(of: "gzip"))
/// var output = Buffer(capacity: 16384)
/// var taken = 0
/// while true {
///     let progress = try decoder.write(coded.extracting(taken..<coded.byteCount), into: &output)
///     taken += progress.consumed
///     receive(output.bytes)
///     output.removeAll()
///     if progress.isComplete { break }
/// }
/// try decoder.finish()
/// ```
///
/// It belongs to one thread, that of its pool's loop if it has one; dropping it gives the libraries' states back. After
/// an error it is of no more use.
public struct ContentDecoder: ~Copyable {
    /// The least room that the output must have when it is written to, in bytes.
    public static let leastRoom = 64

    private let stages: [DecodingStage]
    private let limits: DecodingLimits
    private let pool: CodingPool?

    /// A decoder, ready for content.
    ///
    /// - Parameters:
    ///   - codings: The codings in the order in which they were applied, as ``ContentCoding/list(of:most:)`` gives them:
    ///     one at least.
    ///   - limits: How far the content may grow; each coding of several is held to them.
    ///   - pool: Where the libraries' states come from and go to; nil makes its own.
    /// - Throws: ``CodingError/unsupported(_:)``, ``CodingError/outOfMemory``.
    public init(
        _ codings: [ContentCoding], limits: DecodingLimits = DecodingLimits(), pool: CodingPool? = nil
    ) throws(CodingError) {
        precondition(!codings.isEmpty, "a decoder needs a coding: pass content without one by")
        var stages: [DecodingStage] = []
        do throws(CodingError) {
            for (index, coding) in codings.reversed().enumerated() {
                let context = if let pool { try pool.takeDecoding(coding) } else { try DecodingContext.make(coding) }
                stages.append(DecodingStage(context, isLast: index == codings.count - 1))
                try context.begin()
            }
        } catch {
            for stage in stages { pool?.give(stage.context) }
            throw error
        }
        self.stages = stages
        self.limits = limits
        self.pool = pool
    }

    deinit { for stage in stages { pool?.give(stage.context) } }

    /// The number of bytes that were decoded.
    public var producedBytes: Int { stages[stages.count - 1].produced }

    /// Takes coded content.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of it.
    ///   - output: Where the decoded bytes go, with room for ``leastRoom`` at least.
    /// - Throws: `CodingError`: what is wrong with the content, or which limit it exceeds.
    public mutating func write(_ bytes: RawSpan, into output: inout Buffer) throws(CodingError) -> CodingProgress {
        precondition(output.available >= Self.leastRoom, "a decoder's output needs room: empty it first")
        return try feed(0, bytes, &output)
    }

    /// Says that the content has come to its end, after all of it was taken.
    ///
    /// - Throws: ``CodingError/truncated(_:)`` when it can't have.
    public consuming func finish() throws(CodingError) {
        for stage in stages {
            guard stage.hasEnded else { throw .truncated(stage.context.coding) }
        }
    }

    /// Has a stage and those behind it take bytes.
    private func feed(_ index: Int, _ bytes: RawSpan, _ output: inout Buffer) throws(CodingError) -> CodingProgress {
        let stage = stages[index]
        guard index < stages.count - 1 else { return try stage.decode(bytes, into: &output, limits) }
        var middle = Buffer()
        swap(&middle, &stage.output)
        defer { swap(&middle, &stage.output) }
        var taken = 0
        while true {
            // What the stage has made goes on first; an empty piece asks for what the next one still holds back.
            let next = try feed(index + 1, middle.bytes, &output)
            middle.discard(next.consumed)
            guard next.isComplete else { return CodingProgress(consumed: taken, isComplete: false) }
            let progress = try stage.decode(bytes.extracting(taken..<bytes.byteCount), into: &middle, limits)
            taken += progress.consumed
            if progress.isComplete, middle.isEmpty { return CodingProgress(consumed: taken, isComplete: true) }
        }
    }
}

/// One coding of a content.
final class DecodingStage {
    let context: DecodingContext
    /// What waits for the next stage.
    var output: Buffer
    private(set) var received = 0
    private(set) var produced = 0
    private(set) var hasEnded = false
    /// The library may hold bytes back for which there was no room.
    private var holdsBytes = false

    init(_ context: DecodingContext, isLast: Bool) {
        self.context = context
        output = Buffer(capacity: isLast ? 0 : 16 << 10)
    }

    /// Takes bytes until all are taken, or the output is full.
    func decode(
        _ bytes: RawSpan, into output: inout Buffer, _ limits: DecodingLimits
    ) throws(CodingError) -> CodingProgress {
        var taken = 0
        while taken < bytes.byteCount || holdsBytes {
            guard output.available > 0 else { return CodingProgress(consumed: taken, isComplete: false) }
            if hasEnded {
                guard context.hasMembers else { throw .trailingBytes(context.coding) }
                if context.coding == .gzip { try context.begin() }
                hasEnded = false
            }
            let step = try context.step(bytes.extracting(taken..<bytes.byteCount), into: &output)
            taken += step.consumed
            received += step.consumed
            produced += step.produced
            try limits.check(received: received, produced: produced)
            hasEnded = step.isDone
            holdsBytes = !step.isDone && output.available == 0
            if step.consumed == 0, step.produced == 0, !step.isDone, taken < bytes.byteCount {
                throw .malformed(context.coding)
            }
        }
        return CodingProgress(consumed: taken, isComplete: true)
    }
}

extension DecodingContext {
    func step(_ input: RawSpan, into output: inout Buffer) throws(CodingError) -> CodingStep {
        var result = CodingStep(consumed: 0, produced: 0, isDone: false)
        try unsafe input.withUnsafeBytes { input throws(CodingError) in
            try unsafe output.withUnsafeAvailable { room throws(CodingError) in
                result = try unsafe step(input, room)
                return result.produced
            }
        }
        return result
    }
}
