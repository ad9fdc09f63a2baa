#if Compression
    import ApusRuntime
    import Testing

    @testable import ApusHTTP

    @Suite("Decompression bombs")
    struct DecompressionBombTests {
        /// What becomes of `coded` when it is fed on and on: the error, and how much came out before it.
        private func explode(
            _ coded: [UInt8], _ codings: [ContentCoding], _ limits: DecodingLimits
        ) throws -> (CodingError?, Int) {
            var decoder = try ContentDecoder(codings, limits: limits)
            var output = Buffer(capacity: 16 << 10)
            var taken = 0
            do throws(CodingError) {
                while true {
                    output.removeAll()
                    let rest = coded.span.raw.extracting(taken..<coded.count)
                    let progress = try decoder.write(rest, into: &output)
                    taken += progress.consumed
                    if progress.isComplete { return (nil, decoder.producedBytes) }
                }
            } catch {
                return (error, decoder.producedBytes)
            }
        }

        @Test("zeros without end are refused as soon as they exceed the ratio", arguments: Codings.all)
        func ratio(coding: ContentCoding) throws {
            let zeros = [UInt8](repeating: 0, count: 1 << 20)
            let coded = try Codings.encode(Array(repeating: zeros[...], count: 16), coding)
            let (error, produced) = try explode(coded, [coding], DecodingLimits(bytes: 1 << 40))
            #expect(error == .tooHighRatio(most: 200))
            #expect(error?.status == .contentTooLarge)
            #expect(produced <= 1 << 20 + 16 << 10)
        }

        @Test(
            "ten megabytes that would become ten gigabytes are refused after the first",
            arguments: [ContentCoding.gzip, .deflate])
        func tenGigabytes(coding: ContentCoding) throws {
            // A block of a mebibyte of zeros, flushed, decodes to the same wherever it stands: so it is only repeated.
            var encoder = try ContentEncoder(coding)
            var output = Buffer(capacity: 64 << 10)
            let zeros = [UInt8](repeating: 0, count: 1 << 20)
            var cuts: [Int] = []
            for _ in 0..<3 {
                _ = try encoder.write(zeros.span.raw, into: &output)
                _ = try encoder.flush(into: &output)
                cuts.append(output.count)
            }
            var bomb: [UInt8] = []
            for index in 0..<cuts[2] { bomb.append(output.bytes.byte(index)) }
            let block = Array(bomb[cuts[1]...])
            while bomb.count < 10_000_000 { bomb += block }
            let (error, produced) = try explode(bomb, [coding], DecodingLimits(bytes: .max))
            #expect(error == .tooHighRatio(most: 200))
            #expect(produced <= 1 << 20 + 16 << 10)
            // It would have been one: a tenth of it passes without limits, in pieces of 16 KiB.
            let part = Array(bomb.prefix(1_000_000))
            let (none, all) = try explode(part, [coding], DecodingLimits(bytes: .max, ratio: .max))
            #expect(none == nil)
            #expect(all > 900 << 20)
        }

        @Test("more than the limit is refused, to the byte", arguments: Codings.all)
        func bytes(coding: ContentCoding) throws {
            let words = Codings.words(50_000)
            let coded = try Codings.encode([words[...]], coding)
            #expect(try explode(coded, [coding], DecodingLimits(bytes: 50_000)).0 == nil)
            let (error, produced) = try explode(coded, [coding], DecodingLimits(bytes: 49_999))
            #expect(error == .tooLarge(most: 49_999))
            #expect(produced <= 50_000)
        }

        @Test("a bomb within a bomb is refused by what the first coding undoes")
        func nested() throws {
            let zeros = [UInt8](repeating: 0, count: 1 << 20)
            let inner = try Codings.encode(Array(repeating: zeros[...], count: 64), .gzip)
            let outer = try Codings.encode([inner[...]], .gzip)
            #expect(outer.count < 2000)
            let (error, produced) = try explode(outer, [.gzip, .gzip], DecodingLimits())
            #expect(error?.status == .contentTooLarge)
            #expect(produced <= 11 << 20)
        }

        @Test("content as dense as text gets passes")
        func dense() throws {
            // Lines of a log: the same but for a number.
            var log: [UInt8] = []
            for line in 0..<25_000 { log += "2026-11-21T07:00:00Z info \(line) a swift flew by\n".utf8 }
            for coding in Codings.all {
                let coded = try Codings.encode([log[...]], coding)
                #expect(coded.count < log.count / 5)
                #expect(try Codings.decode([coded[...]], [coding], limits: DecodingLimits()).count == log.count)
            }
        }
    }
#endif
