#if TLS
    import ApusRuntime
    import Testing

    @testable import ApusNet

    /// The connection of RFC 8448, section 3, from its application traffic secrets on.
    private enum Trace {
        static let client = hex("9e40646ce79a7f9dc05af8889bce6552 875afa0b06df0087f792ebb7c17504a5")
        static let server = hex("a11af9f05531f856ad47116b45a95032 8204b4f44bfb6b3a4b4f1f3fcb631643")
        /// What both ends send: 50 bytes that count up.
        static let content = [UInt8](0..<50)
        static let clientRecord = hex(
            """
            17030300 43a23f70 54b62c94 d0affafe 8228ba55 cbefacea 42f914aa 66bcab3f 2b9819a8 a5b46b39 5bd54a9a
            20441e2b 62974e1f 5a6292a2 977014bd 1e3deae6 3aeebb21 694915e4
            """)
        static let serverRecord = hex(
            """
            17030300 432e937e 11ef4ac7 40e538ad 36005fc4 a46932fc 3225d05f 82aa1b36 e30efaf9 7d90e6df fc602dcb
            501a59a8 fcc49c4b f2e5f0a2 1c0047c2 abf33254 0dd032e1 67c2955d
            """)
        static let clientFarewell = hex("17030300 13c98727 60655666 b74d7ff1 153efd6d b6d0b0e3")
        static let serverFarewell = hex("17030300 13b58fd6 7166ebf5 99d24720 cfbe7efa 7a8864a9")

        /// The server, which has sent one record, a ticket.
        static var serverEnd: RecordEnd { RecordEnd(.aes128GCM, reading: client, writing: server, writeSequence: 1) }
        static var clientEnd: RecordEnd { RecordEnd(.aes128GCM, reading: server, writing: client, readSequence: 1) }
    }

    @Suite("The record layer of TLS 1.3, by the trace of RFC 8448") struct RecordTraceTests {
        @Test("keys and nonces come out of the traffic secrets")
        func keys() {
            let end = Trace.serverEnd
            let reading = end.layer.state(ofWriting: false)
            let writing = end.layer.state(ofWriting: true)
            #expect(reading.key == hex("17422dda596ed5d9acd890e3c63f5051"))
            #expect(reading.nonceBase == hex("5b78923dee08579033e523d9"))
            #expect(writing.key == hex("9f02283b6c9c07efc26bb9f2ac92e356"))
            #expect(writing.nonceBase == hex("cf782b88dd83549aadf1e984"))
            #expect(writing.sequence == 1)
        }

        @Test("the records of both ends are opened")
        func opened() {
            let server = Trace.serverEnd
            #expect(server.open(Trace.clientRecord) == .drained)
            #expect(server.content == Trace.content)
            #expect(server.open(Trace.clientFarewell) == .ended)
            let client = Trace.clientEnd
            #expect(client.open(Trace.serverRecord + Trace.serverFarewell) == .ended)
            #expect(client.content == Trace.content)
        }

        @Test("the same records are sealed, byte for byte")
        func sealed() {
            let server = Trace.serverEnd
            #expect(server.seal(Trace.content) == Trace.serverRecord)
            #expect(server.seal(.closeNotify) == Trace.serverFarewell)
            let client = Trace.clientEnd
            #expect(client.seal(Trace.content) == Trace.clientRecord)
            #expect(client.seal(.closeNotify) == Trace.clientFarewell)
        }
    }

    /// A server's end, and a peer that can send anything.
    private struct Pair {
        let server: RecordEnd
        let peer: ForgingPeer
        /// Opens what the server sends.
        let client: RecordEnd

        init(_ suite: RecordSuite = .aes128GCM, recordsPerKey: UInt64? = nil) {
            let up = noise(suite.secretSize, seed: 7)
            let down = noise(suite.secretSize, seed: 8)
            server = RecordEnd(suite, reading: up, writing: down, recordsPerKey: recordsPerKey)
            client = RecordEnd(suite, reading: down, writing: up)
            peer = ForgingPeer(suite, secret: up)
        }
    }

    @Suite("The record layer of TLS 1.3") struct RecordLayerTests {
        @Test("what one end seals the other opens", arguments: RecordSuite.allCases)
        func roundTrip(_ suite: RecordSuite) {
            let pair = Pair(suite)
            for count in [1, 2, 15, 16, 17, 288, 1023, 1024, 1025, 16_383, 16_384, 16_385, 100_000] {
                let sent = noise(count, seed: UInt64(count))
                let before = pair.client.content.count
                #expect(pair.client.open(pair.server.seal(sent)) == .drained)
                #expect(pair.client.content[before...].elementsEqual(sent))
            }
        }

        @Test("a record may be split at any byte, and any way", arguments: RecordSuite.allCases)
        func splits(_ suite: RecordSuite) {
            checkSplits(overhead: 22) {
                let pair = Pair(suite)
                return (pair.server, pair.client)
            }
        }

        @Test("a bit that was flipped anywhere ends it, and nothing of the record is shown")
        func flippedBits() {
            for index in 0..<(40 + 22) {
                for bit in 0..<8 {
                    let pair = Pair()
                    var bytes = pair.client.seal(noise(40))
                    bytes[index] ^= 1 << bit
                    // A longer record waits for its end.
                    let outcome = pair.server.open(bytes + noise(17_000))
                    switch outcome {
                    case .refused(.badRecordMAC, _): #expect(index > 0)
                    case .refused(.recordOverflow, _): #expect(index == 3)
                    case .refused(.unexpectedMessage, _): #expect(index == 0)
                    default: Issue.record("\(outcome) with bit \(bit) of byte \(index)")
                    }
                    #expect(pair.server.content.isEmpty)
                }
            }
        }

        @Test("records out of order, twice or left out end it")
        func order() {
            let pair = Pair()
            let first = pair.peer.data("one")
            let second = pair.peer.data("two")
            #expect(pair.server.open(first) == .drained)
            #expect(isRefused(pair.server.open(first), by: .badRecordMAC))
            let other = Pair()
            #expect(isRefused(other.server.open(second), by: .badRecordMAC))
        }

        @Test("padding is taken off, whatever its length")
        func padding() {
            let pair = Pair()
            for padding in [0, 1, 15, 16, 255, 16_384 - 4] {
                #expect(pair.server.open(pair.peer.record(23, Array("text".utf8), padding: padding)) == .drained)
            }
            #expect(pair.server.content == Array("texttexttexttexttexttext".utf8))
        }

        @Test("records that hold nothing but padding are let pass, but not without end")
        func idleRecords() {
            let pair = Pair()
            for _ in 0..<RecordLayer.idleRecordLimit {
                #expect(pair.server.open(pair.peer.record(23, [], padding: 100)) == .drained)
            }
            #expect(pair.server.open(pair.peer.data("x")) == .drained)
            for _ in 0..<RecordLayer.idleRecordLimit {
                #expect(pair.server.open(pair.peer.record(23, [])) == .drained)
            }
            #expect(isRefused(pair.server.open(pair.peer.record(23, [])), by: .unexpectedMessage))
        }

        @Test("a record without a content type is refused")
        func untyped() {
            for padding in [0, 1, 100] {
                let pair = Pair()
                let record = pair.peer.record(inner: [UInt8](repeating: 0, count: padding))
                #expect(isRefused(pair.server.open(record), by: .unexpectedMessage))
            }
        }

        @Test("a record that is too long is refused by its header, and one with too much inside when it is opened")
        func tooLong() {
            let pair = Pair()
            #expect(isRefused(pair.server.open([23, 3, 3, 0x41, 1]), by: .recordOverflow))
            #expect(pair.server.open(pair.peer.record(23, noise(16_384))) == .drained)
            #expect(pair.server.content.count == 16_384)
            // 2^14 + 256 are allowed on the wire for other ciphers, and 2^14 + 1 inside.
            #expect(isRefused(pair.server.open(pair.peer.record(23, noise(16_385))), by: .recordOverflow))
            let padded = Pair()
            #expect(isRefused(padded.server.open(padded.peer.record(23, [1], padding: 16_384)), by: .recordOverflow))
        }

        @Test("a record that is too short for its tag is refused", arguments: [0, 1, 15])
        func tooShort(_ length: UInt8) {
            let pair = Pair()
            let record = [23, 3, 3, 0, length] + [UInt8](repeating: 0, count: Int(length))
            #expect(isRefused(pair.server.open(record), by: .badRecordMAC))
        }

        @Test("records in the clear are refused, alerts too", arguments: [0, 20, 21, 22, 24, 71, 128, 255])
        func clear(_ type: UInt8) {
            let pair = Pair()
            #expect(isRefused(pair.server.open([type, 3, 3, 0, 1, 1]), by: .unexpectedMessage))
        }

        @Test("contents of other types are refused", arguments: [1, 20, 24, 26, 255])
        func otherTypes(_ type: UInt8) {
            let pair = Pair()
            #expect(isRefused(pair.server.open(pair.peer.record(type, [1, 2])), by: .unexpectedMessage))
        }

        // MARK: Alerts

        @Test("the farewell ends it, whatever its level, and what follows is not looked at")
        func farewell() {
            for level in [UInt8(1), 2, 77] {
                let pair = Pair()
                let bytes = pair.peer.data("last") + pair.peer.record(21, [level, 0]) + [1, 2, 3]
                #expect(pair.server.open(bytes) == .ended)
                #expect(pair.server.content == Array("last".utf8))
            }
        }

        @Test("any other alert is the peer's end, whatever its level; user_canceled waits for the farewell")
        func alerts() {
            for (level, alert) in [(1, TLSAlert.unknownAuthority), (2, .internalError), (1, TLSAlert(rawValue: 200))] {
                let pair = Pair()
                #expect(pair.server.open(pair.peer.record(21, [UInt8(level), alert.rawValue])) == .alerted(alert))
            }
            let pair = Pair()
            #expect(pair.server.open(pair.peer.record(21, [1, 90])) == .drained)
            #expect(pair.server.open(pair.peer.record(21, [1, 0])) == .ended)
        }

        @Test(
            "an alert that is not two bytes is refused", arguments: [[], [1], [1, 0, 0], [1, 0, 1, 0]] as [[UInt8]])
        func brokenAlerts(_ content: [UInt8]) {
            let pair = Pair()
            #expect(isRefused(pair.server.open(pair.peer.record(21, content)), by: .decodeError))
        }

        @Test("our alerts are fatal, but for the farewell")
        func ourAlerts() {
            let pair = Pair()
            #expect(pair.client.open(pair.server.seal(.badRecordMAC)) == .alerted(.badRecordMAC))
            #expect(pair.client.open(pair.server.seal(.closeNotify)) == .ended)
        }

        // MARK: KeyUpdate

        @Test("a KeyUpdate changes the key for reading; asked for ours, we change it before the next data")
        func keyUpdate() {
            let pair = Pair(.aes256GCM)
            #expect(pair.server.open(pair.peer.keyUpdate() + pair.peer.data("a")) == .drained)
            #expect(!pair.server.layer.owesKeyUpdate)
            #expect(pair.server.open(pair.peer.keyUpdate(asksForOurs: true) + pair.peer.data("b")) == .drained)
            #expect(pair.server.content == Array("ab".utf8))
            #expect(pair.server.layer.owesKeyUpdate)
            let before = pair.server.layer.state(ofWriting: true).key
            let answer = pair.server.seal(Array("c".utf8))
            #expect(answer.count == (5 + 22) + (1 + 22))
            #expect(pair.server.layer.state(ofWriting: true).key != before)
            #expect(!pair.server.layer.owesKeyUpdate)
            #expect(pair.client.open(answer) == .drained)
            #expect(pair.client.content == Array("c".utf8))
            #expect(!pair.client.layer.owesKeyUpdate)
        }

        @Test("the old key is not accepted behind a KeyUpdate")
        func oldKey() {
            let pair = Pair()
            _ = pair.server.open(pair.peer.record(22, [24, 0, 0, 1, 0]))
            #expect(isRefused(pair.server.open(pair.peer.data("x")), by: .badRecordMAC))
        }

        @Test("a KeyUpdate may come in pieces, with nothing in between")
        func fragments() {
            let pair = Pair()
            for byte in [24, 0, 0, 1] as [UInt8] { #expect(pair.server.open(pair.peer.record(22, [byte])) == .drained) }
            #expect(pair.server.open(pair.peer.record(22, [1])) == .drained)
            pair.peer.renew()
            #expect(pair.server.open(pair.peer.data("x")) == .drained)
            #expect(pair.server.layer.owesKeyUpdate)
            for between in [pair.peer.record(22, [24]) + pair.peer.data("y")] {
                #expect(isRefused(pair.server.open(between), by: .unexpectedMessage))
            }
            let other = Pair()
            let alert = other.peer.record(22, [24, 0]) + other.peer.record(21, [1, 0])
            #expect(isRefused(other.server.open(alert), by: .unexpectedMessage))
        }

        @Test("what is no KeyUpdate, or a wrong one, is refused")
        func brokenMessages() {
            let cases: [([UInt8], TLSAlert)] = [
                ([], .unexpectedMessage), ([1, 0, 0, 0], .unexpectedMessage), ([4, 0, 0, 0], .unexpectedMessage),
                ([11, 0, 0, 0], .unexpectedMessage), ([20, 0, 0, 0], .unexpectedMessage),
                ([24, 0, 0, 0], .decodeError), ([24, 0, 0, 2, 0, 0], .decodeError), ([24, 1, 0, 1, 0], .decodeError),
                ([24, 0, 0, 1, 2], .illegalParameter), ([24, 0, 0, 1, 255], .illegalParameter),
                ([24, 0, 0, 1, 0, 24], .unexpectedMessage),
                ([24, 0, 0, 1, 0, 24, 0, 0, 1, 0], .unexpectedMessage),
            ]
            for (content, alert) in cases {
                let pair = Pair()
                let outcome = pair.server.open(pair.peer.record(22, content))
                #expect(isRefused(outcome, by: alert), "\(content): \(outcome)")
            }
        }

        @Test("KeyUpdates without data between them are let pass, but not without end; one answer does for all")
        func manyKeyUpdates() {
            let pair = Pair()
            for _ in 0..<RecordLayer.idleRecordLimit {
                #expect(pair.server.open(pair.peer.keyUpdate(asksForOurs: true)) == .drained)
            }
            #expect(pair.server.seal([1]).count == (5 + 22) + (1 + 22))
            #expect(isRefused(pair.server.open(pair.peer.keyUpdate()), by: .unexpectedMessage))
        }

        @Test("our key is changed before it has protected too many records")
        func keyLimit() {
            let pair = Pair(recordsPerKey: 3)
            var keys: [[UInt8]] = []
            for _ in 0..<10 {
                #expect(pair.client.open(pair.server.seal([1])) == .drained)
                let key = pair.server.layer.state(ofWriting: true).key
                if keys.last != key { keys.append(key) }
            }
            #expect(keys.count == 4)
            #expect(pair.client.content.count == 10)
            #expect(RecordSuite.aes128GCM.recordsPerKey == 1 << 24)
        }

        // MARK: Contexts

        @Test("many connections share a loop's contexts, and each has its own keys")
        func sharedContexts() {
            let ciphers = RecordCiphers()
            let suites = RecordSuite.allCases
            let pairs = (0..<700).map { index in
                let suite = suites[index % suites.count]
                let up = noise(suite.secretSize, seed: UInt64(2 * index))
                let down = noise(suite.secretSize, seed: UInt64(2 * index + 1))
                return (
                    RecordEnd(suite, reading: up, writing: down, ciphers: ciphers),
                    RecordEnd(suite, reading: down, writing: up, ciphers: ciphers)
                )
            }
            for round in 0..<3 {
                for (index, pair) in pairs.enumerated() {
                    let text = Array("\(round) \(index)".utf8)
                    let before = pair.1.content.count
                    #expect(pair.1.open(pair.0.seal(text)) == .drained)
                    #expect(Array(pair.1.content[before...]) == text)
                    #expect(pair.0.open(pair.1.seal(text)) == .drained)
                }
            }
        }

        @Test("a secret of the wrong length is refused")
        func wrongSecret() {
            let secret = noise(32)
            let layer = unsafe RecordLayer(
                .aes256GCM, reading: (secret.span.bytes, 0), writing: (secret.span.bytes, 0),
                ciphers: RecordCiphers(), pool: BufferPool())
            #expect(layer == nil)
        }
    }

    private func isRefused(_ outcome: RecordLayer.Outcome, by alert: TLSAlert) -> Bool {
        if case .refused(alert, _) = outcome { true } else { false }
    }
#endif
