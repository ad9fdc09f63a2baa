#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import Testing

    @testable import ApusNet

    /// Two records of 60 bytes each arrive in two pieces, whatever the place between them, and many come byte by byte.
    ///
    /// - Parameters:
    ///   - overhead: What a record is longer than its content, in bytes.
    ///   - makePair: Both ends of a new connection.
    func checkSplits(overhead: Int, _ makePair: () -> (server: RecordEnd, client: RecordEnd)) {
        let sent = noise(120)
        let size = 60 + overhead
        for place in 0...(2 * size) {
            let (server, client) = makePair()
            let bytes = client.seal(sent, inPiecesOf: 60)
            #expect(bytes.count == 2 * size)
            #expect(server.open(Array(bytes[..<place])) == .drained)
            #expect(server.layer.partial.isEmpty == (place % size == 0))
            #expect(server.open(Array(bytes[place...])) == .drained)
            #expect(server.content == sent)
            #expect(server.layer.partial.isEmpty == true)
        }
        let (server, client) = makePair()
        for byte in client.seal(noise(3000), inPiecesOf: 700) { #expect(server.open([byte]) == .drained) }
        #expect(server.content == noise(3000))
    }
#endif
