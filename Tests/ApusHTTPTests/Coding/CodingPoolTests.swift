#if Compression
    import ApusRuntime
    import Testing

    @testable import ApusHTTP

    @Suite("States of the compression libraries")
    struct CodingPoolTests {
        @Test("a state is used again, and no more wait than the pool keeps")
        func bounded() throws {
            let pool = CodingPool(mostIdle: 2)
            do {
                let first = try ContentEncoder(.gzip, pool: pool)
                let second = try ContentEncoder(.gzip, pool: pool)
                let third = try ContentEncoder(.gzip, pool: pool)
                #expect(pool.statistics == CodingPool.Statistics(inUse: 3, idle: 0, made: 3, reused: 0))
                _ = (first.coding, second.coding, third.coding)
            }
            #expect(pool.statistics == CodingPool.Statistics(inUse: 0, idle: 2, made: 3, reused: 0))
            _ = try Codings.encode([Codings.text[...]], .gzip, pool: pool)
            #expect(pool.statistics == CodingPool.Statistics(inUse: 0, idle: 2, made: 3, reused: 1))
        }

        @Test("nothing of a content shows in the next", arguments: Codings.all)
        func clean(coding: ContentCoding) throws {
            let pool = CodingPool()
            let fresh = try Codings.encode([Codings.text[...]], coding)
            do {
                var abandoned = try ContentEncoder(coding, level: 1, pool: pool)
                var output = Buffer(capacity: 64 << 10)
                let words = Codings.words(20_000)
                _ = try abandoned.write(words.span.raw, into: &output)
            }
            #expect(try Codings.encode([Codings.text[...]], coding, pool: pool) == fresh)
            #expect(pool.statistics.reused == 1)
        }

        @Test("a state that nobody needs for ten seconds is given up")
        func swept() throws {
            let pool = CodingPool()
            for coding in Codings.all { _ = try Codings.encode([Codings.text[...]], coding, pool: pool) }
            #expect(pool.statistics.idle == 4)
            #expect(pool.sweep(now: 9999))
            #expect(pool.statistics.idle == 4)
            #expect(!pool.sweep(now: 10_000))
            #expect(pool.statistics.idle == 0)
        }

        @Test("Brotli's memory comes back for its next content")
        func brotliMemory() throws {
            let pool = CodingPool()
            _ = try Codings.encode([Codings.text[...]], .br, pool: pool)
            let context = try pool.takeEncoding(.br)
            let kept = context.footprint
            #expect(kept > 10_000)
            pool.give(context)
            for _ in 0..<10 { _ = try Codings.encode([Codings.text[...]], .br, pool: pool) }
            let again = try pool.takeEncoding(.br)
            #expect(again === context)
            #expect(again.footprint == kept)
            pool.give(again)
        }
    }
#endif
