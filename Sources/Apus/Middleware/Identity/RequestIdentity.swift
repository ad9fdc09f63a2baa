public import ApusHTTP
import ApusRuntime

/// Gives every request a name that client, server and logs share, and its place in a trace.
///
/// ```swift
/// app.use(RequestIdentity())
/// app.get("/whoami") { context in
///     "\(context.requestID) in \(context.trace?.traceID.description ?? "no trace")"
/// }
/// ```
///
/// The name is that of the client's `X-Request-Id` when it is a token of at most 128 characters, else a new one; the
/// response tells it. ``Context/requestID`` has it. The trace is that of W3C Trace Context: an incoming `traceparent` is
/// read strictly and gone on with, or a new trace is begun; ``Context/trace`` has it, with the fields for requests to
/// other services.
///
/// Let it be the first of all middleware, so that errors tell the name as well.
public struct RequestIdentity: RequestMiddleware {
    /// How requests are named.
    public struct Options: Sendable {
        /// The field that the name comes and goes in. Default `X-Request-Id`.
        public var field = HTTPField.Name.xRequestID
        /// From whom a name is taken over. Default everyone: such a name is only a name.
        public var acceptsNames = Acceptance.everyone
        /// The longest name that is taken over, in bytes. Default 128.
        public var mostBytes = 128
        /// Whether the response tells the name. Default true.
        public var tellsClient = true
        /// Whether the request gets a place in a trace. Default true.
        public var traces = true
        /// From whom a trace is taken over; for others a new one begins. Default everyone.
        public var acceptsTraces = Acceptance.everyone
        /// Whether a new trace is marked as recorded (the flag `sampled`). Default false, for nothing records it unless you
        /// do.
        public var samplesNewTraces = false

        /// The defaults.
        public init() {}
    }

    /// From whom something is taken over.
    public enum Acceptance: Sendable {
        /// From whoever sends it.
        case everyone
        /// From a proxy that ``TrustedProxies``, which has to stand outside of this, trusts.
        case trustedProxies
        /// From nobody.
        case nobody
    }

    private let options: Options
    private let echo: RequestMark.Echo?

    /// The middleware.
    ///
    /// - Parameter options: How requests are named.
    public init(_ options: Options = Options()) {
        self.options = options
        echo = options.tellsClient ? RequestMark.Echo(options.field) : nil
    }

    /// Names the request.
    public func before(_ context: Context) -> Response? {
        let edge = context.ensureEdge()
        var mark = RequestMark()
        if accepts(options.acceptsNames, context), let given = givenName(context) {
            mark.given = given
        } else {
            mark.high = edge.names.next()
            mark.low = edge.names.next()
        }
        edge.mark = mark
        edge.tell(echo)
        if options.traces {
            edge.tracing = RequestEdge.Tracing(
                goesOn: accepts(options.acceptsTraces, context), samplesNewOnes: options.samplesNewTraces)
            edge.trace = nil
        }
        return nil
    }

    private func accepts(_ acceptance: Acceptance, _ context: Context) -> Bool {
        switch acceptance {
        case .everyone: true
        case .trustedProxies: context.comesByTrustedProxy
        case .nobody: false
        }
    }

    /// Where the client's name stands, if there is just one and it is fit to be written to logs.
    private func givenName(_ context: Context) -> ByteSlice? {
        let bytes = context.bytes
        guard let place = context.head.fields.first(options.field, in: bytes) else { return nil }
        guard place.count <= options.mostBytes, RequestID.isAcceptable(place.of(bytes)) else { return nil }
        var count = 0
        context.head.fields.forEach(options.field, in: bytes) { _ in count += 1 }
        return count == 1 ? place : nil
    }
}

extension Context {
    /// Where the request stands in a trace: given by ``RequestIdentity``, else nil.
    public var trace: TraceContext? {
        guard let edge else { return nil }
        if let trace = edge.trace { return trace }
        // Made when it is asked for, which most requests don't.
        guard let tracing = edge.tracing else { return nil }
        let going = tracing.goesOn ? TraceContext(continuing: self, &edge.names) : nil
        let trace = going ?? TraceContext(startedBy: &edge.names, samples: tracing.samplesNewOnes)
        edge.trace = trace
        return trace
    }
}
