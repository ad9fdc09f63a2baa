import ApusRuntime
import Testing

@testable import ApusNet

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Listening sockets", .timeLimit(.minutes(1))) struct ListeningSocketTests {
    private func temporaryPath() -> String { "/tmp/apus-\(getpid())-\(UInt64.random(in: 0 ... .max)).sock" }

    private func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// What a peer that says nothing hears from a greeter on the address.
    private func greeting(on address: SocketAddress, through group: LoopGroup) async throws -> [UInt8] {
        let server = try StreamServer.listen(on: address, group: group) { _ in
            Script { script in
                script.whenConnected = { connection in
                    unsafe connection.write(Array("hello".utf8).span.bytes)
                    connection.closeAfterWriting()
                }
            }
        }
        return try await onThread { try RawSocket(to: server.address).receiveAll() }
    }

    @Test("IPv4, IPv6, both at once, Unix paths and abstract names are listened on")
    func families() async throws {
        try await withLoops { group in
            for host in ["127.0.0.1", "::1", "*"] {
                let address = try #require(SocketAddress(host: host, port: 0))
                #expect(try await greeting(on: address, through: group) == Array("hello".utf8), "\(host)")
            }
            for path in [temporaryPath(), "@apus-\(getpid())-families"] {
                #expect(try await greeting(on: .unix(path: path), through: group) == Array("hello".utf8), "\(path)")
            }
        }
    }

    @Test("listening on every address takes IPv4 peers, and tells their addresses as IPv4")
    func dualStack() async throws {
        try await withLoops(1) { group in
            let listener = try AsyncListener.listen(on: try #require(SocketAddress(host: "*", port: 0)), group: group)
            let port = try #require(listener.address.port)
            let peer = try await onThread { try RawSocket(to: .ipv4(.loopback, port: port)) }
            let connection = try #require(try await next(listener))
            #expect(await connection.remoteAddress == peer.localAddress)
        }
    }

    @Test("a port in use names the process that has it, and what to do")
    func portInUse() throws {
        let first = try ListeningSocket(anyPort)
        let address = first.address
        do {
            var options = ListenOptions()
            options.reusePort = false
            _ = try ListeningSocket(address, options)
            Issue.record("a second socket took the port")
        } catch {
            guard case .addressInUse(address, let owner) = error else { throw error }
            #expect(owner == "this process (pid \(getpid()))")
            #expect("\(error)".hasSuffix("this process (pid \(getpid())): stop it, or choose another port"))
        }
        _ = first.descriptor
    }

    @Test("a second server doesn't share a port in silence, although the first lets its own loops share it")
    func noSilentSharing() async throws {
        try await withLoops { group in
            let first = try StreamServer.listen(on: anyPort, group: group) { _ in Script { _ in } }
            #expect(throws: SocketError.self) {
                _ = try StreamServer.listen(on: first.address, group: group) { _ in Script { _ in } }
            }
        }
    }

    @Test("a stopped server's port can be listened on again at once")
    func portAgain() async throws {
        try await withLoops { group in
            // Not of the system's choosing: such a port may become somebody's own while nobody listens on it.
            var address: SocketAddress
            repeat {
                address = .ipv4(.loopback, port: .random(in: 12_000..<32_000))
            } while (try? ListeningSocket(address)) == nil
            for _ in 0..<5 {
                let server = try StreamServer.listen(on: address, group: group) { _ in
                    Script { script in script.whenConnected = { $0.closeAfterWriting() } }
                }
                // Closed by the server first, so that the server's side is left in TIME-WAIT.
                #expect(try await onThread { try RawSocket(to: server.address).receiveAll().isEmpty })
                server.stopAccepting()
                try await until { group.loops.allSatisfy { $0.perform { $0.endpointCount } == 0 } }
            }
        }
    }

    @Test("connections that arrived before stopAccepting() are served")
    func backlogIsServed() async throws {
        try await withLoops(1) { group in
            let server = try StreamServer.listen(on: anyPort, group: group) { _ in
                Script { script in
                    script.whenConnected = { connection in
                        unsafe connection.write(Array("served".utf8).span.bytes)
                        connection.closeAfterWriting()
                    }
                }
            }
            server.pauseAccepting()
            group.loops[0].perform { _ in }
            let peers = try await onThread { try (0..<20).map { _ in try RawSocket(to: server.address) } }
            server.resumeAccepting()
            server.stopAccepting()
            for peer in peers { #expect(try await onThread { try peer.receiveAll() } == Array("served".utf8)) }
        }
    }

    @Test("a Unix socket's file has the mode asked for, and is removed with the socket")
    func unixFile() throws {
        let path = temporaryPath()
        var options = ListenOptions()
        options.unixMode = 0o600
        do {
            let socket = try ListeningSocket(.unix(path: path), options)
            var status = stat()
            #expect(unsafe lstat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            _ = socket.descriptor
        }
        #expect(!exists(path))
    }

    @Test("a file that an ended process left is replaced")
    func staleFile() throws {
        let path = temporaryPath()
        // Bound, and closed without being removed: what a killed process leaves.
        let left = RawSocket(owning: socket(AF_UNIX, Int32(streamType), 0))
        #expect(try SocketAddress.unix(path: path).bindErrno(left.descriptor) == 0)
        #expect(exists(path))
        let socket = try ListeningSocket(.unix(path: path))
        #expect(socket.address == .unix(path: path))
    }

    @Test("a socket that is listened on, and a file that is no socket, are never replaced")
    func foreignFiles() throws {
        let path = temporaryPath()
        let first = try ListeningSocket(.unix(path: path))
        let owner = "this process (pid \(getpid()))"
        let inUse = SocketError.addressInUse(.unix(path: path), owner: owner)
        #expect(throws: inUse) { _ = try ListeningSocket(.unix(path: path)) }
        #expect("\(inUse)" == "unix:\(path) is in use by \(owner): stop it, or choose another path")
        _ = first.descriptor
        let file = try TemporaryFile(Array("precious".utf8))
        let foreign = SocketError.notASocket(path: file.path)
        #expect(throws: foreign) { _ = try ListeningSocket(.unix(path: file.path)) }
        #expect("\(foreign)".hasPrefix("\(file.path) is there and is no socket: choose another path"))
        #expect(try MappedFile(file.openForReading()).copy() == Array("precious".utf8))
    }

    @Test("an abstract name in use names the process that has it")
    func abstractNameInUse() throws {
        let name = "@apus-\(getpid())-in-use"
        let first = try ListeningSocket(.unix(path: name))
        let inUse = SocketError.addressInUse(.unix(path: name), owner: "this process (pid \(getpid()))")
        #expect(throws: inUse) { _ = try ListeningSocket(.unix(path: name)) }
        #expect("\(inUse)".hasSuffix("stop it, or choose another name"))
        _ = first.descriptor
    }

    @Test("a Unix socket in a folder that is not there, or is a file, names the folder and what to do")
    func missingFolder() throws {
        let file = try TemporaryFile()
        for folder in ["/tmp/apus-\(getpid())-no-such-folder", file.path] {
            let error = SocketError.noFolder(folder, path: "\(folder)/x.sock")
            #expect(throws: error) { _ = try ListeningSocket(.unix(path: "\(folder)/x.sock")) }
            let advice = "\(folder) is no folder, so \(folder)/x.sock can't be made: make it, or choose another path"
            #expect("\(error)" == advice)
        }
        #expect(SocketFile.folder(of: "x.sock") == "." && SocketFile.folder(of: "/x.sock") == "/")
    }

    @Test("a socket doesn't remove the file of a later one at the same path")
    func laterFile() throws {
        let path = temporaryPath()
        do {
            let first = try ListeningSocket(.unix(path: path))
            _ = unsafe unlink(path)
            let second = try ListeningSocket(.unix(path: path))
            // Both end here, the first one's file being the second's.
            withExtendedLifetime(first.descriptor) {}
            func end(_ socket: consuming ListeningSocket) {}
            end(first)
            #expect(exists(path))
            withExtendedLifetime(second.descriptor) {}
        }
        #expect(!exists(path))
    }

    @Test("a listening descriptor is taken over, and one that isn't is refused")
    func takeOver() async throws {
        try await withLoops { group in
            let inherited = try ListeningSocket(anyPort)
            let descriptor = inherited.duplicate()
            let server = try StreamServer.listen(on: ListeningSocket(takingOver: descriptor), group: group) { _ in
                Script { script in script.whenConnected = { $0.closeAfterWriting() } }
            }
            #expect(server.address == inherited.address)
            #expect(try await onThread { try RawSocket(to: server.address).receiveAll().isEmpty })
        }
        let other = RawSocket(owning: socket(AF_INET, Int32(streamType), 0))
        #expect(throws: SocketError.self) { _ = try ListeningSocket(takingOver: dup(other.descriptor)) }
    }

    @Test(
        "descriptors from a service manager are counted only when they are meant for this process",
        arguments: [
            ("7", "2", 2), ("8", "2", 0), (nil, "2", 0), ("7", nil, 0), ("7", "-1", 0), ("7", "x", 0), ("7", "0", 0),
        ] as [(String?, String?, CInt)])
    func inherited(_ pid: String?, _ descriptors: String?, _ count: CInt) {
        #expect(InheritedSockets.count(pid: pid, descriptors: descriptors, own: 7) == count)
    }

    @Test("an address of another machine, and a port without the privilege, say what to do")
    func unavailable() throws {
        let foreign = try #require(SocketAddress(host: "192.0.2.1", port: 0))
        #expect(throws: SocketError.addressNotAvailable(foreign)) { _ = try ListeningSocket(foreign) }
        #expect("\(SocketError.notPermitted(.ipv4(.any, port: 80)))".contains("CAP_NET_BIND_SERVICE"))
    }
}
