#if Tracing
    import ApusHTTP
    import Instrumentation
    import ServiceContextModule
    import Tracing

    /// Makes a span of swift-distributed-tracing of every request, with the caller's span around it (`traceparent`, or
    /// whatever the instrument reads), and runs what is inside with its context.
    ///
    ///     app.use(Traced())
    ///
    /// Its name is the method and the route's pattern; attributes are those of OpenTelemetry for HTTP servers. A handler
    /// below it runs on a task.
    public struct Traced: Middleware {
        /// Traces with the instrument that the process was given (`InstrumentationSystem.bootstrap`).
        public init() {}

        /// Answers by what `next` answers, within a span.
        public func handle(_ context: Context, next: Next) async throws -> Response {
            var caller = ServiceContext.topLevel
            InstrumentationSystem.instrument.extract(context.fields, into: &caller, using: FieldExtractor())
            let method = context.method.rawValue
            let route = context.route?.pattern.description
            let span = startSpan(route.map { "\(method) \($0)" } ?? method, context: caller, ofKind: .server)
            defer { span.end() }
            span.attributes["http.request.method"] = method
            span.attributes["url.path"] = context.path
            if let route { span.attributes["http.route"] = route }
            return try await ServiceContext.$current.withValue(span.context) {
                do {
                    let response = try await next(context)
                    span.attributes["http.response.status_code"] = Int(response.status.code)
                    if response.status.code >= 500 { span.setStatus(SpanStatus(code: .error)) }
                    return response
                } catch {
                    span.recordError(error)
                    span.setStatus(SpanStatus(code: .error))
                    throw error
                }
            }
        }
    }

    /// Reads the fields of a request for an instrument.
    private struct FieldExtractor: Extractor {
        func extract(key: String, from fields: HTTPFields) -> String? {
            HTTPField.Name(key).flatMap { fields[$0] }
        }
    }
#endif
