#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL
    import Testing

    @testable import ApusNet

    /// Both ends of a connection of TLS 1.2 whose handshake is done.
    private struct Pair {
        let server: RecordEnd
        let client: RecordEnd

        init(_ suite: RecordSuite = .aes128GCM, ciphers: RecordCiphers = RecordCiphers(), seed: UInt64 = 1) {
            server = RecordEnd(tls12: suite, isServer: true, ciphers: ciphers, seed: seed)
            client = RecordEnd(tls12: suite, isServer: false, ciphers: ciphers, seed: seed)
        }
    }

    extension RecordSuite {
        /// What a record of TLS 1.2 is longer than its content.
        fileprivate var overhead12: Int { 5 + explicitNonceSize + 16 }
    }

    @Suite("The record layer of TLS 1.2") struct RecordLayer12Tests {
        @Test("its secrets expand as those of the published vector for P_SHA256 do")
        func expansion() {
            let secret = hex("9bbe436ba940f017b17652849a71db35")
            let seed = Array("test label".utf8) + hex("a0ba9f936cda311827a6f796ffd5198c")
            let expected = hex(
                """
                e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa0
                22f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66
                """)
            guard let hmac = unsafe apus_tls_hmac("SHA256") else {
                Issue.record("no HMAC")
                return
            }
            defer { unsafe EVP_MAC_CTX_free(hmac) }
            for count in [100, 64, 33, 32, 1] {
                var made = [UInt8](repeating: 0, count: count)
                let isDone = unsafe apus_tls12_expand(hmac, secret, secret.count, seed, seed.count, &made, count)
                #expect(isDone)
                #expect(made == Array(expected.prefix(count)))
            }
        }

        @Test("what one end seals the other opens, in both directions", arguments: RecordSuite.allCases)
        func roundTrip(_ suite: RecordSuite) {
            let pair = Pair(suite)
            for count in [1, 2, 15, 16, 17, 288, 1023, 1024, 1025, 16_383, 16_384, 16_385, 100_000] {
                let sent = noise(count, seed: UInt64(count))
                for (from, to) in [(pair.server, pair.client), (pair.client, pair.server)] {
                    let before = to.content.count
                    #expect(to.open(from.seal(sent)) == .drained)
                    let isSame = to.content[before...].elementsEqual(sent)
                    #expect(isSame, "\(count) bytes")
                }
            }
        }

        @Test("a record may be split at any byte, and any way", arguments: RecordSuite.allCases)
        func splits(_ suite: RecordSuite) {
            checkSplits(overhead: suite.overhead12) {
                let pair = Pair(suite)
                return (pair.server, pair.client)
            }
        }

        @Test("nonces stand in records of AES-GCM, each once, and those of ChaCha20-Poly1305 have none")
        func nonces() {
            for suite in [RecordSuite.aes128GCM, .aes256GCM] {
                // The first one, which OpenSSL used, was 2^64 - 3.
                let pair = Pair(suite)
                let nonces = (0..<4).map { _ in Array(pair.server.seal([1])[5..<13]) }
                #expect(nonces[0] == [255, 255, 255, 255, 255, 255, 255, 254])
                #expect(nonces[1] == [255, 255, 255, 255, 255, 255, 255, 255])
                #expect(nonces[2] == [0, 0, 0, 0, 0, 0, 0, 0])
                #expect(nonces[3] == [0, 0, 0, 0, 0, 0, 0, 1])
                #expect(pair.server.seal([1]).count == 1 + 29)
            }
            #expect(Pair(.chacha20Poly1305).server.seal([1]).count == 1 + 21)
        }

        @Test(
            "a bit that was flipped anywhere ends it, and nothing of the record is shown",
            arguments: RecordSuite.allCases)
        func flippedBits(_ suite: RecordSuite) {
            for index in 0..<(40 + suite.overhead12) {
                for bit in 0..<8 {
                    let pair = Pair(suite)
                    var bytes = pair.client.seal(noise(40))
                    bytes[index] ^= 1 << bit
                    // A longer record waits for its end.
                    let outcome = pair.server.open(bytes + noise(17_000))
                    switch outcome {
                    // Alerts and messages have other types.
                    case .refused(.badRecordMAC, _): #expect(index > 2 || index == 0 && bit < 2)
                    case .refused(.recordOverflow, _): #expect(index == 3)
                    case .refused(.protocolVersion, _): #expect(index == 1 || index == 2)
                    case .refused(.unexpectedMessage, _): #expect(index == 0)
                    default: Issue.record("\(outcome) with bit \(bit) of byte \(index)")
                    }
                    #expect(pair.server.content.isEmpty)
                }
            }
        }

        @Test("records out of order, twice, left out or turned back end it", arguments: RecordSuite.allCases)
        func order(_ suite: RecordSuite) {
            let pair = Pair(suite)
            let first = pair.client.seal(Array("one".utf8))
            let second = pair.client.seal(Array("two".utf8))
            #expect(pair.server.open(first) == .drained)
            #expect(isRefused(pair.server.open(first), by: .badRecordMAC))
            #expect(isRefused(Pair(suite).server.open(second), by: .badRecordMAC))
            #expect(isRefused(Pair(suite).client.open(second), by: .badRecordMAC))
        }

        @Test("a record may hold 2^14 bytes and not one more", arguments: RecordSuite.allCases)
        func tooLong(_ suite: RecordSuite) {
            let pair = Pair(suite)
            #expect(pair.server.open(pair.client.record(23, noise(16_384))) == .drained)
            #expect(pair.server.content.count == 16_384)
            // Refused by its header already.
            let longer = pair.client.record(23, noise(16_385))
            #expect(isRefused(pair.server.open(Array(longer.prefix(5))), by: .recordOverflow))
        }

        @Test("a record that is too short for nonce and tag is refused", arguments: RecordSuite.allCases)
        func tooShort(_ suite: RecordSuite) {
            for length in 0..<(suite.overhead12 - 5) {
                let record = [23, 3, 3, 0, UInt8(length)] + [UInt8](repeating: 0, count: length)
                #expect(isRefused(Pair(suite).server.open(record), by: .badRecordMAC))
            }
        }

        @Test("types that no record has by now are refused", arguments: [0, 20, 24, 71, 128, 255] as [UInt8])
        func otherTypes(_ type: UInt8) {
            let pair = Pair()
            #expect(isRefused(pair.server.open(pair.client.record(type, [1])), by: .unexpectedMessage))
        }

        @Test("records in the clear are refused, alerts and messages too", arguments: [21, 22, 23] as [UInt8])
        func clear(_ type: UInt8) {
            let record: [UInt8] = [type, 3, 3, 0, 40] + [UInt8](repeating: 1, count: 40)
            #expect(isRefused(Pair().server.open(record), by: .badRecordMAC))
        }

        @Test("records of nothing are let pass, but not without end")
        func idleRecords() {
            let pair = Pair()
            for _ in 0..<2 {
                for _ in 0..<RecordLayer.idleRecordLimit {
                    #expect(pair.server.open(pair.client.record(23, [])) == .drained)
                }
                #expect(pair.server.open(pair.client.seal([1])) == .drained)
            }
            for _ in 0..<RecordLayer.idleRecordLimit { _ = pair.server.open(pair.client.record(23, [])) }
            #expect(isRefused(pair.server.open(pair.client.record(23, [])), by: .unexpectedMessage))
        }

        // MARK: Alerts

        @Test("the farewell ends it, and what follows is not looked at")
        func farewell() {
            let pair = Pair()
            #expect(pair.server.open(pair.client.seal([7]) + pair.client.seal(.closeNotify) + [1, 2, 3]) == .ended)
            #expect(pair.server.content == [7])
            #expect(pair.client.open(pair.server.seal(.closeNotify)) == .ended)
        }

        @Test("a fatal alert is the peer's end, a warning isn't, and other levels there are none")
        func alerts() {
            let pair = Pair()
            #expect(pair.server.open(pair.client.record(21, [1, 90])) == .drained)
            #expect(pair.server.open(pair.client.record(21, [1, 100])) == .drained)
            #expect(pair.server.open(pair.client.record(21, [2, 40])) == .alerted(.handshakeFailure))
            #expect(pair.client.open(pair.server.seal(.badRecordMAC)) == .alerted(.badRecordMAC))
            #expect(isRefused(pair.server.open(pair.client.record(21, [3, 40])), by: .illegalParameter))
            let other = Pair()
            for _ in 0..<RecordLayer.idleRecordLimit { _ = other.server.open(other.client.record(21, [1, 90])) }
            #expect(isRefused(other.server.open(other.client.record(21, [1, 90])), by: .unexpectedMessage))
        }

        @Test(
            "an alert that is not two bytes is refused", arguments: [[], [1], [1, 0, 0], [1, 0, 1, 0]] as [[UInt8]])
        func brokenAlerts(_ content: [UInt8]) {
            let pair = Pair()
            #expect(isRefused(pair.server.open(pair.client.record(21, content)), by: .decodeError))
        }

        // MARK: Renegotiation

        /// A message of some type, and what follows its header.
        private func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
            [type, UInt8(body.count >> 16), UInt8(body.count >> 8 & 255), UInt8(body.count & 255)] + body
        }

        @Test("a hello, whole or in pieces, is turned down by a warning, once it is whole, and the connection goes on")
        func hello() {
            let hello = message(1, noise(300))
            for size in [1, 3, 4, 5, 100, 303, 304] where hello.count / size < RecordLayer.idleRecordLimit {
                let pair = Pair()
                for start in stride(from: 0, to: hello.count, by: size) {
                    #expect(!pair.server.layer.owesRefusal)
                    let part = Array(hello[start..<min(start + size, hello.count)])
                    #expect(pair.server.open(pair.client.record(22, part)) == .drained)
                }
                #expect(pair.server.layer.owesRefusal)
                let answer = pair.server.refuseRenegotiation()
                #expect(answer.count == 2 + 29)
                #expect(!pair.server.layer.owesRefusal)
                // A warning.
                #expect(pair.client.open(answer) == .drained)
                #expect(pair.server.open(pair.client.seal([5])) == .drained)
                #expect(pair.server.content == [5])
            }
        }

        @Test("hellos that follow one another get one answer, and end it when they don't end")
        func hellos() {
            let pair = Pair()
            let many = [[UInt8]](repeating: message(1, []), count: 100).flatMap { $0 }
            for _ in 0..<RecordLayer.idleRecordLimit {
                #expect(pair.server.open(pair.client.record(22, many)) == .drained)
            }
            #expect(pair.server.refuseRenegotiation().count == 2 + 29)
            #expect(isRefused(pair.server.open(pair.client.record(22, many)), by: .unexpectedMessage))
        }

        @Test("nothing may stand between the pieces of a hello")
        func between() {
            for other in [UInt8(21), 23] {
                let pair = Pair()
                let bytes = pair.client.record(22, [1, 0, 0, 9, 1]) + pair.client.record(other, [1, 0])
                #expect(isRefused(pair.server.open(bytes), by: .unexpectedMessage))
            }
        }

        @Test("other messages are refused, and records of none", arguments: [0, 2, 4, 11, 16, 20, 24] as [UInt8])
        func otherMessages(_ type: UInt8) {
            let pair = Pair()
            #expect(isRefused(pair.server.open(pair.client.record(22, message(type, []))), by: .unexpectedMessage))
            let empty = Pair()
            #expect(isRefused(empty.server.open(empty.client.record(22, [])), by: .unexpectedMessage))
        }

        @Test("connections of both versions share a loop's contexts, and each has its own keys")
        func sharedContexts() {
            let ciphers = RecordCiphers()
            let suites = RecordSuite.allCases
            let ends = (0..<400).map { index in
                let suite = suites[index % suites.count]
                let seed = UInt64(index)
                if index % 2 == 0 {
                    let pair = Pair(suite, ciphers: ciphers, seed: seed)
                    return (pair.server, pair.client)
                }
                let up = noise(suite.secretSize, seed: seed)
                let down = noise(suite.secretSize, seed: seed + 1000)
                return (
                    RecordEnd(suite, reading: up, writing: down, ciphers: ciphers),
                    RecordEnd(suite, reading: down, writing: up, ciphers: ciphers)
                )
            }
            for round in 0..<3 {
                for (index, pair) in ends.enumerated() {
                    let text = Array("\(round) \(index)".utf8)
                    let before = pair.1.content.count
                    #expect(pair.1.open(pair.0.seal(text)) == .drained)
                    #expect(Array(pair.1.content[before...]) == text)
                    #expect(pair.0.open(pair.1.seal(text)) == .drained)
                }
            }
        }
    }

    private func isRefused(_ outcome: RecordLayer.Outcome, by alert: TLSAlert) -> Bool {
        if case .refused(alert, _) = outcome { true } else { false }
    }
#endif
