import ApusRuntime
import Testing

@testable import ApusNet

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Listening asynchronously", .timeLimit(.minutes(1))) struct AsyncListenerTests {
    @Test("connections come as a sequence that ends with stop()")
    func sequence() async throws {
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let address = listener.address
            let peers = try await onThread { try (0..<10).map { _ in try RawSocket(to: address) } }
            var remotes: Set<SocketAddress?> = []
            for try await connection in listener {
                remotes.insert(await connection.remoteAddress)
                if remotes.count == 10 { listener.stop() }
            }
            #expect(remotes == Set(peers.map(\.localAddress)))
        }
    }

    @Test("cancelling a task that waits for a connection ends its wait")
    func cancelAccept() async throws {
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let waiting = Task { _ = try await next(listener) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            _ = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            #expect(try await next(listener) != nil)
        }
    }

    @Test("connections that nobody takes wait in the kernel above the limit, and come later")
    func backpressure() async throws {
        try await withLoops(1) { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group, waiting: 4)
            let address = listener.address
            let peers = try await onThread { try (0..<40).map { _ in try RawSocket(to: address) } }
            // The same loop serves somebody else: it has looked at its listener since the last peer came.
            let other = try StreamServer.listen(on: anyPort, group: group) { _ in
                Script { script in script.whenConnected = { $0.closeAfterWriting() } }
            }
            #expect(try await onThread { try RawSocket(to: other.address).receiveAll().isEmpty })
            #expect(listener.admission.admitted == 4)
            var remotes: Set<SocketAddress?> = []
            for _ in 0..<40 { remotes.insert(await (try next(listener))?.remoteAddress) }
            #expect(remotes == Set(peers.map(\.localAddress)))
        }
    }

    @Test("stop() lets the connections that are served end by themselves")
    func stop() async throws {
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            async let served: Void = listener.serve { connection in
                while let bytes = try await connection.read() { try await connection.write(bytes) }
            }
            let client = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            try await client.write("a")
            #expect(try await client.readArray() == [UInt8(ascii: "a")])
            listener.stop()
            await #expect(throws: SocketError.refused(listener.address)) {
                try await AsyncConnection.connectUntilRefused(at: listener.address, on: group.loops[0])
            }
            try await client.write("b")
            #expect(try await client.readArray() == [UInt8(ascii: "b")])
            await client.close()
            await served
        }
    }

    @Test("after its limit, stop() cancels those that don't end")
    func stopCancelling() async throws {
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let begun = Events<Void>()
            let ended = Events<Bool>()
            async let served: Void = listener.serve { connection in
                begun(())
                do {
                    _ = try await connection.readLine()
                } catch {
                    ended(error is CancellationError)
                    throw error
                }
            }
            let client = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            _ = await begun.next()
            listener.stop(cancellingAfter: .milliseconds(10))
            await served
            #expect(await ended.next() == true)
            // Thrown out of the body: reset, so that the peer doesn't take it for an end.
            await #expect(throws: ConnectionError.self) { _ = try await client.readArray() }
        }
    }

    @Test("what came before stop() and is served only after it is cancelled too, before its limit and behind")
    func stopBeforeServing() async throws {
        for waits in [false, true] {
            let time = ManualTime()
            let limit = Duration.seconds(1)
            try await withLoops(time: time) { group in
                let listener = try AsyncListener.listen(on: anyPort, group: group)
                let begun = Events<Void>()
                let ended = Events<Bool>()
                let client = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
                try await until { listener.admission.admitted > 0 }
                // The turn in which it was let in is over: it waits to be served.
                for loop in group.loops { loop.perform { _ in } }
                listener.stop(cancellingAfter: limit)
                if waits { await time.advance(by: limit.clampedNanoseconds) }
                let serving = Task {
                    await listener.serve { connection in
                        begun(())
                        do { _ = try await connection.readLine() } catch {
                            ended(error is CancellationError)
                            throw error
                        }
                    }
                }
                _ = await begun.next()
                if !waits { await time.advance(by: limit.clampedNanoseconds) }
                await serving.value
                #expect(await ended.next() == true)
                await #expect(throws: ConnectionError.self) { _ = try await client.readArray() }
            }
        }
    }

    @Test("cancelling the task that serves ends everything")
    func cancelServe() async throws {
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let begun = Events<Void>()
            let serving = Task {
                await listener.serve { connection in
                    begun(())
                    _ = try await connection.readLine()
                }
            }
            let client = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            _ = await begun.next()
            serving.cancel()
            await serving.value
            await #expect(throws: ConnectionError.self) { _ = try await client.readArray() }
        }
    }

    @Test("a listener that nobody holds any more stops")
    func dropped() async throws {
        try await withLoops { group in
            let address = try AsyncListener.listen(on: anyPort, group: group).address
            await #expect(throws: SocketError.refused(address)) {
                try await AsyncConnection.connectUntilRefused(at: address, on: group.loops[0])
            }
        }
    }
}

extension AsyncConnection {
    /// Connects again and again. One that comes while the listener is being closed is reset: the next one is refused.
    fileprivate static func connectUntilRefused(at address: SocketAddress, on loop: EventLoop) async throws -> Never {
        while true {
            do {
                try await connect(to: address, on: loop).abort()
            } catch SocketError.system(let error, _) where error.code == ECONNRESET {
                continue
            }
        }
    }
}
