#if Compression
    import ApusRuntime
    import Testing

    @testable import ApusHTTP

    @Suite("Encoding content")
    struct ContentEncoderTests {
        @Test("what was encoded decodes to the same, at every level", arguments: Codings.all)
        func levels(coding: ContentCoding) throws {
            let words = Codings.words(10_000)
            for level in coding.levels {
                let coded = try Codings.encode([words[...]], coding, level: level)
                #expect(coded.count < words.count * 3 / 5, "level \(level)")
                #expect(try Codings.decode([coded[...]], [coding]) == words, "level \(level)")
            }
        }

        @Test("every split of the content decodes to the same", arguments: Codings.all)
        func splits(coding: ContentCoding) throws {
            let text = Codings.text
            let pool = CodingPool()
            for cut in stride(from: 0, through: text.count, by: 31) {
                let coded = try Codings.encode([text[..<cut], text[cut...]], coding, pool: pool)
                #expect(try Codings.decode([coded[...]], [coding], pool: pool) == text, "cut at \(cut)")
            }
            #expect(pool.statistics.made == 2)
        }

        @Test("an output of the least room is enough", arguments: Codings.all, [false, true])
        func leastRoom(coding: ContentCoding, flushing: Bool) throws {
            let words = Codings.words(30_000)
            let pieces = stride(from: 0, to: words.count, by: 1000).map { words[$0..<$0 + 1000] }
            let coded = try Codings.encode(pieces, coding, room: ContentEncoder.leastRoom, flushing: flushing)
            #expect(try Codings.decode([coded[...]], [coding]) == words)
        }

        @Test("what was flushed can be read before more comes", arguments: Codings.all)
        func flushes(coding: ContentCoding) throws {
            var encoder = try ContentEncoder(coding)
            var decoder = try ContentDecoder([coding])
            var wire = Buffer(capacity: 4096)
            var output = Buffer(capacity: 4096)
            for event in ["one", "two", "a third, longer one", ""] {
                _ = try encoder.write(event.utf8.span.raw, into: &wire)
                let isFlushed = try encoder.flush(into: &wire).isComplete
                let isRead = try decoder.write(wire.bytes, into: &output).isComplete
                wire.removeAll()
                let seen = String(copyingLatin1OrUTF8: output.bytes)
                #expect(isFlushed && isRead && seen == event)
                output.removeAll()
            }
            let isFinished = try encoder.finish(into: &wire).isComplete
            #expect(isFinished)
            _ = try decoder.write(wire.bytes, into: &output)
            let left = output.count
            #expect(left == 0)
            try decoder.finish()
        }

        @Test("no content at all has an encoding too", arguments: Codings.all)
        func empty(coding: ContentCoding) throws {
            let coded = try Codings.encode([], coding)
            #expect(!coded.isEmpty)
            #expect(try Codings.decode([coded[...]], [coding]) == [])
        }

        @Test("whole content that gains nothing is given back as nil, unless it may grow", arguments: Codings.all)
        func wholes(coding: ContentCoding) throws {
            let noise = Codings.noise(5000)
            #expect(try ContentEncoder.encode(noise.span.raw, coding) == nil)
            for size in [0, 1, 2, 100, 5000] {
                let part = Array(noise[..<size])
                let grown = try #require(try ContentEncoder.encode(part.span.raw, coding, mayGrow: true))
                #expect(try Codings.decode([grown[...]], [coding]) == part)
            }
            let text = Codings.text
            let coded = try #require(try ContentEncoder.encode(text.span.raw, coding))
            #expect(coded.count < 200)
            #expect(try Codings.decode([coded[...]], [coding]) == text)
            let large = [UInt8](repeating: 0, count: 2 << 20) + Codings.noise(200_000) + Codings.words(200_000)
            let short = try #require(try ContentEncoder.encode(large.span.raw, coding))
            #expect(try Codings.decode([short[...]], [coding], room: 1 << 20) == large)
        }

        @Test("levels beyond a coding's own become the nearest")
        func clamped() throws {
            for level in [-100, 100] {
                let coded = try Codings.encode([Codings.text[...]], .gzip, level: level)
                #expect(try Codings.decode([coded[...]], [.gzip]) == Codings.text)
            }
        }

        @Test("identity changes nothing, however little room there is")
        func identity() throws {
            let words = Codings.words(1000)
            #expect(try Codings.encode([words[...]], .identity, room: 64) == words)
        }

        @Test("a window that every client has to provide is enough for whatever is sent (RFC 9659)")
        func windows() throws {
            let part = Codings.noise(1 << 20)
            var large: [UInt8] = []
            for _ in 0..<17 { large += part }
            let coded = try #require(try ContentEncoder.encode(large.span.raw, .zstd, level: 3))
            #expect(try Codings.decode([coded[...]], [.zstd], room: 1 << 20).count == large.count)
        }
    }
#endif
