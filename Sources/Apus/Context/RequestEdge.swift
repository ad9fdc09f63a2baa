import ApusHTTP

/// What middleware found out about a request before its handler, and what it adds to the answer. Used again from request
/// to request; it belongs to the context's loop.
@safe final class RequestEdge {
    /// Fields that go with whatever is answered; the last one of a name wins.
    @safe @exclusivity(unchecked) var blocks = FieldBlockList()
    /// The request's name.
    @safe @exclusivity(unchecked) var mark: RequestMark?
    /// The field that tells the name, of this request or an earlier one.
    @safe @exclusivity(unchecked) private var echo: RequestMark.Echo?
    /// Whether the name is told.
    @safe @exclusivity(unchecked) private var tellsMark = false
    /// What rate limits have decided, and tell the client; the outermost first.
    @safe @exclusivity(unchecked) var limits = RateLimitNotes()
    /// How the request's place in a trace is found; nil where none is wanted.
    @safe @exclusivity(unchecked) var tracing: Tracing?
    /// Where the request stands in a trace, once that was asked.
    @safe @exclusivity(unchecked) var trace: TraceContext?
    /// What trusted proxies say of the client.
    @safe @exclusivity(unchecked) var forwarded: ForwardedRequest?
    /// The nonce of the content security policy.
    @safe @exclusivity(unchecked) var nonce: String?
    /// Which of the blocks says who may read the answer.
    @safe @exclusivity(unchecked) var originBlock: Int?
    /// What the route of a preflight says of other origins.
    @safe @exclusivity(unchecked) var preflight: CORS?
    /// Where no route was found.
    @safe @exclusivity(unchecked) var unmatched: UnmatchedRequest?
    /// Makes names that differ.
    @safe @exclusivity(unchecked) var names = RandomNames()

    /// How a request's place in a trace is found.
    struct Tracing {
        /// Whether a trace that the client names is gone on with.
        let goesOn: Bool
        /// Whether a new trace is marked as recorded.
        let samplesNewOnes: Bool
    }

    /// Has a field tell the request's name; nil has none.
    @inline(__always)
    func tell(_ echo: RequestMark.Echo?) {
        guard let echo else {
            tellsMark = false
            return
        }
        tellsMark = true
        // Most often the one of the request before.
        if self.echo !== echo { self.echo = echo }
    }

    /// Calls `body` with the request's name and the field that tells it, if it is told.
    @inline(__always)
    func withTold<Result>(_ body: (RequestMark, RequestMark.Echo) -> Result) -> Result? {
        guard tellsMark, let mark, let echo else { return nil }
        return unsafe Unmanaged.passUnretained(echo)._withUnsafeGuaranteedRef { body(mark, $0) }
    }

    /// Makes it ready for another request: all but the names are forgotten.
    func clear() {
        blocks.removeAll()
        mark = nil
        tellsMark = false
        limits.removeAll()
        tracing = nil
        if trace != nil { trace = nil }
        if forwarded != nil { forwarded = nil }
        if nonce != nil { nonce = nil }
        originBlock = nil
        if preflight != nil { preflight = nil }
        if unmatched != nil { unmatched = nil }
    }
}

/// Random numbers for names, which need not be secret: xoshiro256++ (D. Blackman and S. Vigna, ACM TOMS 47(4), 2021), sown
/// by the system.
struct RandomNames {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        // Never all zero, from which it would not move.
        state = (system.next(), system.next(), system.next(), system.next() | 1)
    }

    mutating func next() -> UInt64 {
        let sum = state.0 &+ state.3
        let result = (sum &<< 23 | sum &>> 41) &+ state.0
        let shifted = state.1 &<< 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 &<< 45 | state.3 &>> 19
        return result
    }

    /// A number that is not 0.
    mutating func nextAboveZero() -> UInt64 {
        while true {
            let number = next()
            if number != 0 { return number }
        }
    }
}
