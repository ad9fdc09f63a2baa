#if Compression
    import ApusRuntime
    import TestSupport
    import Testing

    @testable import ApusHTTP

    @Suite("Decoding content")
    struct ContentDecoderTests {
        @Test("what other programs encoded is read, in every split", arguments: Codings.all)
        func foreign(coding: ContentCoding) throws {
            let coded = try #require(Codings.foreign.first { $0.coding == coding }).coded
            let pool = CodingPool()
            for cut in 0...coded.count {
                for room in [64, 4096] {
                    let decoded = try Codings.decode([coded[..<cut], coded[cut...]], [coding], room: room, pool: pool)
                    #expect(decoded == Codings.text, "cut at \(cut)")
                }
            }
            #expect(try Codings.decode(coded.indices.map { coded[$0...$0] }, [coding]) == Codings.text)
            #expect(pool.statistics == CodingPool.Statistics(inUse: 0, idle: 1, made: 1, reused: coded.count * 2 + 1))
        }

        @Test("content that ends before its coding does is truncated, wherever", arguments: Codings.all)
        func truncated(coding: ContentCoding) throws {
            let coded = try #require(Codings.foreign.first { $0.coding == coding }).coded
            for end in 0..<coded.count {
                #expect(throws: CodingError.truncated(coding)) { try Codings.decode([coded[..<end]], [coding]) }
            }
        }

        @Test("what follows the content is refused", arguments: Codings.all, [1, 2, 100])
        func trailing(coding: ContentCoding, count: Int) throws {
            let coded = try #require(Codings.foreign.first { $0.coding == coding }).coded
            for byte: UInt8 in [0, 0x20, 0xFF] {
                let garbage = [UInt8](repeating: byte, count: count)
                #expect(throws: CodingError.self) { try Codings.decode([(coded + garbage)[...]], [coding]) }
                #expect(throws: CodingError.self) { try Codings.decode([coded[...], garbage[...]], [coding]) }
            }
        }

        @Test("gzip may have several members and zstd several frames; the others have one content")
        func members() throws {
            for (coding, coded) in Codings.foreign {
                let twice = coded + coded
                if coding == .gzip || coding == .zstd {
                    for cut in 0...twice.count {
                        let decoded = try Codings.decode([twice[..<cut], twice[cut...]], [coding])
                        #expect(decoded == Codings.text + Codings.text)
                    }
                } else {
                    #expect(throws: CodingError.trailingBytes(coding)) { try Codings.decode([twice[...]], [coding]) }
                }
            }
        }

        @Test("several codings are undone from the last to the first, in every split")
        func chains() throws {
            let pool = CodingPool()
            for first in Codings.all {
                for second in Codings.all {
                    let inner = try Codings.encode([Codings.words(3000)[...]], first)
                    let outer = try Codings.encode([inner[...]], second)
                    for cut in stride(from: 0, through: outer.count, by: 301) {
                        let decoded = try Codings.decode(
                            [outer[..<cut], outer[cut...]], [first, second], room: 100, pool: pool)
                        #expect(decoded == Codings.words(3000))
                    }
                    #expect(throws: CodingError.truncated(second)) {
                        try Codings.decode([outer.dropLast(9)], [first, second])
                    }
                }
            }
            let thrice = try Codings.encode(
                [Codings.encode([Codings.encode([Codings.text[...]], .gzip)[...]], .br)[...]], .zstd)
            #expect(try Codings.decode([thrice[...]], [.gzip, .br, .zstd]) == Codings.text)
            #expect(pool.statistics.inUse == 0)
        }

        @Test("DEFLATE without the zlib format around it is no deflate")
        func rawDeflate() {
            let zlib = Codings.foreign[1].coded
            #expect(throws: CodingError.malformed(.deflate)) {
                try Codings.decode([zlib[2..<zlib.count - 4]], [.deflate])
            }
        }

        @Test("zstd that wants a window above 8 MiB is refused (RFC 9659, 3)")
        func windows() throws {
            let eight = Codings.hex("28b52ffd006851000061616161616161616161")
            let sixteen = Codings.hex("28b52ffd007051000061616161616161616161")
            #expect(try Codings.decode([eight[...]], [.zstd]) == [UInt8](repeating: 0x61, count: 10))
            #expect(throws: CodingError.windowTooLarge) { try Codings.decode([sixteen[...]], [.zstd]) }
        }

        @Test("mutated content never decodes beyond its limits, and nothing of a broken one stays behind")
        func mutations() throws {
            var random = SeededRandom(seed: 42)
            let pool = CodingPool()
            var outcomes = [0, 0]
            for (coding, coded) in Codings.foreign {
                for _ in 0..<700 {
                    var mutant = coded
                    for _ in 0..<Int.random(in: 1...4, using: &random) {
                        let place = Int.random(in: 0..<mutant.count, using: &random)
                        switch Int.random(in: 0..<4, using: &random) {
                        case 0: mutant[place] = UInt8.random(in: 0...255, using: &random)
                        case 1: mutant[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                        case 2: mutant.remove(at: place)
                        default: mutant.insert(UInt8.random(in: 0...255, using: &random), at: place)
                        }
                    }
                    let cut = Int.random(in: 0...mutant.count, using: &random)
                    do {
                        let limits = DecodingLimits(bytes: 100_000)
                        let decoded = try Codings.decode(
                            [mutant[..<cut], mutant[cut...]], [coding], limits: limits, pool: pool)
                        #expect(decoded.count <= 100_000)
                        outcomes[0] += 1
                    } catch {
                        outcomes[1] += 1
                    }
                }
                #expect(try Codings.decode([coded[...]], [coding], pool: pool) == Codings.text)
            }
            #expect(outcomes[1] > 1400)
            #expect(pool.statistics.inUse == 0)
            #expect(pool.statistics.idle == 4)
        }

        @Test("random bytes are never taken for content")
        func noise() {
            let noise = Codings.noise(10_000)
            for coding in Codings.all {
                for start in stride(from: 0, to: 9000, by: 300) {
                    #expect(throws: CodingError.self) { try Codings.decode([noise[start...]], [coding]) }
                }
            }
        }
    }
#endif
