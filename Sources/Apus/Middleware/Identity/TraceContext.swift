public import ApusHTTP

/// A request's place in a trace: which trace, and which span of it the request is here (W3C Trace Context, Level 2).
///
/// ```swift
/// var fields = HTTPFields()
/// if let trace = context.trace { for field in trace.fields { fields.append(field) } }
/// ```
public struct TraceContext: Sendable, Hashable {
    /// The name of a trace: 16 bytes, not all 0.
    public struct TraceID: Sendable, Hashable, CustomStringConvertible {
        /// The first eight bytes as a number.
        public let high: UInt64
        /// The last eight bytes as a number.
        public let low: UInt64

        /// 32 hexadecimal digits in lower case.
        public var description: String { Hexadecimal.text(high) + Hexadecimal.text(low) }
    }

    /// The name of a span: eight bytes, not all 0.
    public struct SpanID: Sendable, Hashable, CustomStringConvertible {
        /// The bytes as a number.
        public let value: UInt64

        /// 16 hexadecimal digits in lower case.
        public var description: String { Hexadecimal.text(value) }
    }

    /// What is known of a trace.
    public struct Flags: OptionSet, Sendable, Hashable {
        /// The bits, as `traceparent` has them.
        public let rawValue: UInt8

        /// Flags of these bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Who sent the request may have recorded it.
        public static let sampled = Flags(rawValue: 1)
        /// The last seven bytes of the trace's name are random.
        public static let random = Flags(rawValue: 2)
    }

    /// The trace.
    public let traceID: TraceID
    /// The request as it is here.
    public let spanID: SpanID
    /// The request as its sender sees it; nil where the trace begins here.
    public let parentID: SpanID?
    /// What is known of the trace.
    public var flags: Flags
    /// What tracing systems pass on to themselves: `tracestate`, empty when there is none.
    public var state: String

    /// The value for the field `traceparent` of a request to another service.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(Hexadecimal.text(flags.rawValue))" }

    /// The fields for a request to another service, which is part of this one.
    public var fields: HTTPFields {
        var fields: HTTPFields = [.traceparent: traceparent]
        if !state.isEmpty { fields.append(.tracestate, state) }
        return fields
    }

    /// A new trace.
    init(startedBy names: inout RandomNames, samples: Bool) {
        traceID = TraceID(high: names.next(), low: names.nextAboveZero())
        spanID = SpanID(value: names.nextAboveZero())
        parentID = nil
        flags = samples ? [.random, .sampled] : .random
        state = ""
    }

    /// The trace that the request in `context` goes on with; nil without exactly one valid `traceparent`.
    init?(continuing context: Context, _ names: inout RandomNames) {
        let bytes = context.bytes
        guard let place = context.head.fields.first(.traceparent, in: bytes),
            let parent = TraceParent(place.of(bytes))
        else { return nil }
        var count = 0
        context.head.fields.forEach(.traceparent, in: bytes) { _ in count += 1 }
        guard count == 1 else { return nil }
        traceID = parent.trace
        parentID = parent.span
        flags = parent.flags
        spanID = SpanID(value: names.nextAboveZero())
        state = context.head.fields.contains(.tracestate, in: bytes) ? TraceState.read(context.field(.tracestate)) : ""
    }
}

/// What a `traceparent` field says (Trace Context, 3.2).
struct TraceParent {
    let trace: TraceContext.TraceID
    let span: TraceContext.SpanID
    let flags: TraceContext.Flags

    /// `version "-" trace-id "-" parent-id "-" flags` in lower-case hexadecimal digits; of a later version, what may
    /// follow is passed over.
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= 55, bytes.byte(at: 2) == 0x2D, bytes.byte(at: 35) == 0x2D, bytes.byte(at: 52) == 0x2D,
            let version = Hexadecimal.number(bytes, 0..<2), version != 0xFF,
            bytes.byteCount == 55 || version > 0 && bytes.byte(at: 55) == 0x2D,
            let high = Hexadecimal.number(bytes, 3..<19), let low = Hexadecimal.number(bytes, 19..<35), high | low != 0,
            let span = Hexadecimal.number(bytes, 36..<52), span != 0,
            let flags = Hexadecimal.number(bytes, 53..<55)
        else { return nil }
        trace = TraceContext.TraceID(high: high, low: low)
        self.span = TraceContext.SpanID(value: span)
        // What the present version does not know is not passed on (3.2.2.5).
        self.flags = TraceContext.Flags(rawValue: UInt8(flags)).intersection([.sampled, .random])
    }
}

/// Numbers as lower-case hexadecimal digits of fixed count.
enum Hexadecimal {
    static func text(_ number: some FixedWidthInteger & UnsignedInteger) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: number.bitWidth / 4 - digits.count) + digits
    }

    static func number(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64? {
        var number: UInt64 = 0
        for index in range {
            let byte = bytes.byte(at: index)
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte &- 0x30
            case 0x61...0x66: digit = byte &- 0x57
            default: return nil
            }
            number = number &<< 4 | UInt64(digit)
        }
        return number
    }
}
