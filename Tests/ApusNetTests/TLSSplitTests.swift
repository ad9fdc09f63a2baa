#if TLS
    import ApusRuntime
    import Testing

    @testable import ApusNet

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    @Suite("However the ciphertext is cut,", .timeLimit(.minutes(2))) struct TLSSplitTests {
        @Test("a handshake, an answer and the farewells come through", arguments: [1...400, 401...800, 801...1500])
        func everyPlace(places: ClosedRange<Int>) async throws {
            try await withLoops(1) { group in
                for place in places {
                    let heard = Events<String>()
                    group.loops[0].execute { loop in Wire(cutting: place, on: loop, heard).begin() }
                    #expect(await heard.next() == "answer to question", "cut at \(place)")
                    #expect(await heard.next() == "closed", "cut at \(place)")
                    #expect(await heard.next() == "closed", "cut at \(place)")
                }
            }
        }

        @Test("also byte by byte")
        func singleBytes() async throws {
            try await withLoops(1) { group in
                let heard = Events<String>()
                group.loops[0].execute { loop in Wire(cutting: 0, on: loop, heard).begin() }
                #expect(await heard.next() == "answer to question")
                #expect(await heard.next() == "closed")
                #expect(await heard.next() == "closed")
            }
        }
    }

    @Suite("With one byte changed on the way,", .timeLimit(.minutes(2))) struct TLSDamageTests {
        @Test("wherever it is, both sides come to an end", arguments: [0..<500, 500..<1_000, 1_000..<2_400])
        func everyPlace(places: Range<Int>) async throws {
            try await withLoops(1) { group in
                for place in places {
                    let heard = Events<String>()
                    group.loops[0].execute { loop in Wire(cutting: 4096, changing: place, on: loop, heard).begin() }
                    while let event = await heard.next(), event != "over" {
                        // A byte that no rule of TLS looks at may change; what is said may not.
                        let isKnown = event == "answer to question" || event == "closed" || event.hasPrefix("TLS: ")
                        #expect(isKnown, "changed at \(place): \(event)")
                    }
                }
            }
        }
    }

    /// A client and a server of ours on one loop, and between them somebody who cuts all that they send each other at
    /// one place: each flight into the bytes before it and those behind, or (0) into single bytes. He may also change one
    /// byte, and parts them when neither says anything any more.
    private final class Wire {
        /// Turns without a word.
        private static let patience = 50

        private let place: Int
        private let changed: Int
        private var carried = 0
        private var silence = 0
        private let loop: EventLoop
        private let heard: Events<String>
        private var client: Connection?
        private var server: Connection?
        private var clientEnd: CInt = -1
        private var serverEnd: CInt = -1
        private var clientHasEnded = false
        private var serverHasEnded = false

        init(cutting place: Int, changing changed: Int = -1, on loop: EventLoop, _ heard: Events<String>) {
            self.place = place
            self.changed = changed
            self.loop = loop
            self.heard = heard
        }

        deinit {
            closeDescriptor(clientEnd)
            closeDescriptor(serverEnd)
        }

        func begin() {
            let heard = self.heard
            let serving = TLSServing(TLSListening(TestCertificate.shared.server)) { _, _ in
                Script { script in
                    script.whenReceived = { bytes, connection in
                        unsafe connection.write(Array("answer to ".utf8).span.bytes)
                        connection.write(bytes)
                        return bytes.byteCount
                    }
                    script.whenClosed = { _, error in heard(error.map { "\($0)" } ?? "closed") }
                }
            }
            let asking = Script { script in
                script.whenConnected = { unsafe $0.write(Array("question".utf8).span.bytes) }
                script.whenReceived = { bytes, connection in
                    guard bytes.byteCount >= 18 else { return 0 }
                    heard(String(decoding: bytes.array, as: UTF8.self))
                    connection.closeLingering()
                    return bytes.byteCount
                }
                script.whenClosed = { _, error in heard(error.map { "\($0)" } ?? "closed") }
            }
            let (ours, other) = pair()
            clientEnd = other
            let client = Connection(loop: loop, descriptor: ours, handler: asking)
            self.client = client
            let (theirs, far) = pair()
            serverEnd = far
            let server = Connection(loop: loop, descriptor: theirs)
            self.server = server
            server.openTLS(serving)
            guard let options = TestCertificate.connecting.tls else { return }
            let handshake = TLSHandshake(.client(options, port: 0))
            client.tls = TLSSession(TLSWorkspace.of(loop), handshake: handshake)
            loop.attach(client)
            client.beginTLSAsClient(handshake)
            carry()
        }

        private func pair() -> (CInt, CInt) {
            var ends: [CInt] = [-1, -1]
            _ = unsafe socketpair(AF_UNIX, Int32(streamType), 0, &ends)
            for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
            return (ends[0], ends[1])
        }

        /// Takes what either has sent to the other, turn by turn, until both are closed.
        private func carry() {
            guard let client, let server else { return }
            carry(from: clientEnd, to: server, &clientHasEnded)
            carry(from: serverEnd, to: client, &serverHasEnded)
            guard client.isOpen || server.isOpen else {
                // One that never had a handler tells nobody of its end.
                if changed >= 0 { heard("over") }
                return
            }
            silence += 1
            if silence > Self.patience, changed >= 0 {
                if client.isOpen { client.readEnd() }
                if server.isOpen { server.readEnd() }
            }
            let held = LoopBound(self, to: loop)
            loop.execute { _ in held.value.carry() }
        }

        private func carry(from end: CInt, to target: Connection, _ hasEnded: inout Bool) {
            guard !hasEnded, target.isOpen else { return }
            var flight = [UInt8](repeating: 0, count: 1 << 16)
            let got = unsafe recv(end, &flight, flight.count, 0)
            if got > 0 {
                flight.removeLast(flight.count - got)
                silence = 0
                if (carried..<carried + got).contains(changed) { flight[changed - carried] ^= 0x5A }
                carried += got
                for part in parts(of: flight) where target.isOpen { unsafe target.received(Array(part).span.bytes) }
            } else if got == 0 {
                hasEnded = true
                target.readEnd()
            }
        }

        private func parts(of flight: [UInt8]) -> [ArraySlice<UInt8>] {
            if place == 0 { return flight.indices.map { flight[$0...$0] } }
            if place >= flight.count { return [flight[...]] }
            return [flight[..<place], flight[place...]]
        }
    }
#endif
