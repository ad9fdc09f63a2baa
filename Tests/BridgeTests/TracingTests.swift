#if Tracing
    import Apus
    import ApusHTTP
    import ApusTesting
    import InMemoryTracing
    import Testing
    import Tracing

    /// The instrument of a process is given once.
    private let tracer: InMemoryTracer = {
        let tracer = InMemoryTracer()
        InstrumentationSystem.bootstrap(tracer)
        return tracer
    }()

    private struct Broken: Error {}

    @Suite("The bridge to swift-distributed-tracing", .serialized)
    struct TracingTests {
        private let app = Application()

        init() {
            tracer.clearAll(includingActive: true)
            app.use(Traced())
            app.get("/users/:id") { context in "user \(context.parameters["id"] ?? "")" }
            app.get("/inside") { _ async in
                let span = startSpan("inside")
                span.end()
                return "inside"
            }
            app.get("/busy") { _ -> Response in Response(.serviceUnavailable, text: "busy") }
            app.get("/broken") { _ -> Response in throw Broken() }
        }

        @Test("a request is a span of a server, called by method and route, with OpenTelemetry's attributes")
        func request() async throws {
            try await app.test { client in _ = try await client.get("/users/7?q=1") }
            let span = try #require(tracer.popFinishedSpans().first)
            #expect(span.operationName == "GET /users/:id")
            #expect(span.kind == .server)
            #expect(span.parentSpanID == nil)
            #expect(span.attributes["http.request.method"]?.toSpanAttribute() == .string("GET"))
            #expect(span.attributes["url.path"]?.toSpanAttribute() == .string("/users/7"))
            #expect(span.attributes["http.route"]?.toSpanAttribute() == .string("/users/:id"))
            #expect(span.attributes["http.response.status_code"]?.toSpanAttribute() == .int64(200))
            #expect(span.status == nil)
        }

        @Test("a span within the handler is within the request's, and that within the caller's")
        func nesting() async throws {
            try await app.test { client in
                _ = try await client.get(
                    "/inside",
                    fields: [
                        HTTPField.Name(InMemoryTracer.traceIDKey)!: "trace-1",
                        HTTPField.Name(InMemoryTracer.spanIDKey)!: "caller-1",
                    ])
            }
            let spans = tracer.popFinishedSpans()
            try #require(spans.count == 2)
            #expect(spans[0].operationName == "inside")
            #expect(spans[0].parentSpanID == spans[1].spanID)
            #expect(spans[1].parentSpanID == "caller-1")
            #expect(Set(spans.map(\.traceID)) == ["trace-1"])
        }

        @Test("an answer of 500 or more is an error; what a handler throws is recorded and goes on")
        func errors() async throws {
            try await app.test { client in
                let busy = try await client.get("/busy")
                #expect(busy.status == .serviceUnavailable)
                let broken = try await client.get("/broken")
                #expect(broken.status == .internalServerError)
            }
            let spans = tracer.popFinishedSpans()
            try #require(spans.count == 2)
            #expect(spans[0].status?.code == .error)
            #expect(spans[0].errors.isEmpty)
            #expect(spans[1].status?.code == .error)
            #expect(spans[1].errors.first?.error is Broken)
        }

        @Test("a request without a route is called by its method alone, so that names stay few")
        func unmatched() async throws {
            try await app.test { client in
                let nowhere = try await client.get("/nowhere/4711")
                #expect(nowhere.status == .notFound)
            }
            let span = try #require(tracer.popFinishedSpans().first)
            #expect(span.operationName == "GET")
            #expect(span.attributes["http.route"] == nil)
        }
    }
#endif
