import Apus
import ApusHTTP
import ApusRuntime
import Testing

#if Compression
    @Suite("Examples of content codings")
    struct CodingExamples {
        @Test("responses are coded, and requests decoded")
        func article() throws {
            // example: Compression.md
            let app = Application()
            app.use(Compression(), Decompression())

            app.get("/birds") { _ in
                Response(
                    .ok, [.contentType: "application/json"],
                    text: String(repeating: #"{"name":"Apus apus"},"#, count: 500))
            }
            app.post("/events") { context async throws in
                var count = 0
                for try await chunk in context.body { count += chunk.count }
                return "\(count) bytes, decoded"
            }
            try app.files("/assets/**", from: "Public", FileOptions(immutableHashedNames: true, fallback: "index.html"))
            // end
            #expect(try app.routes().map(\.isSynchronous) == [true, false, true])
        }

        @Test("coded responses are one line away, and so are decoded requests")
        func middleware() async throws {
            try await asking { app in
                // example: Compression.swift
                app.use(Compression())
                // end
                // example: Decompression.swift
                app.use(Decompression())
                app.post("/events") { context in try await context.text().count }
                // end
            } test: { ask in
                let answer = try await ask.post("/events", "hello")
                #expect(answer.content == "5")
            }
        }

        @Test("the client's weights choose a coding")
        func negotiation() {
            // example: ContentCoding.swift
            let accepted = AcceptEncoding("gzip;q=0.8, br, *;q=0")
            assert(accepted.best(among: ContentCoding.preferred) == .br)
            // end
            #expect(accepted.best(among: [.gzip, .zstd]) == .gzip)
        }

        @Test("what is encoded piece by piece is decoded to the same")
        func roundTrip() throws {
            let text = [UInt8](repeating: 0x61, count: 100_000)
            let content = unsafe text.span.bytes
            var sent: [UInt8] = []
            func send(_ bytes: RawSpan) { unsafe bytes.withUnsafeBytes { unsafe sent.append(contentsOf: $0) } }
            do {
                // example: ContentEncoder.swift
                var encoder = try ContentEncoder(.gzip)
                var output = Buffer(capacity: 16384)
                var taken = 0
                while true {
                    let progress = try encoder.write(content.extracting(taken..<content.byteCount), into: &output)
                    taken += progress.consumed
                    if progress.isComplete { break }
                    send(output.bytes)
                    output.removeAll()
                }
                while try !encoder.finish(into: &output).isComplete {
                    send(output.bytes)
                    output.removeAll()
                }
                send(output.bytes)
                // end
            }
            let coded = unsafe sent.span.bytes
            var received: [UInt8] = []
            func receive(_ bytes: RawSpan) { unsafe bytes.withUnsafeBytes { unsafe received.append(contentsOf: $0) } }
            do {
                // example: ContentDecoder.swift
                var decoder = try ContentDecoder(ContentCoding.list(of: "gzip"))
                var output = Buffer(capacity: 16384)
                var taken = 0
                while true {
                    let progress = try decoder.write(coded.extracting(taken..<coded.byteCount), into: &output)
                    taken += progress.consumed
                    receive(output.bytes)
                    output.removeAll()
                    if progress.isComplete { break }
                }
                try decoder.finish()
                // end
            }
            let isSame = received == text
            #expect(isSame)
        }
    }
#endif
