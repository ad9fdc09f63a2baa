import CSystem
import Synchronization
import Testing

@testable import ApusRuntime

#if canImport(Glibc)
    import Glibc
    private let stream = CInt(SOCK_STREAM.rawValue)
    private let connectSocket = unsafe Glibc.connect
#elseif canImport(Darwin)
    import Darwin
    private let stream = SOCK_STREAM
    private let connectSocket = unsafe Darwin.connect
#endif

/// A blocking socket of the system, which knows nothing of loops. Every wait ends after twenty seconds.
@safe final class Peer: Sendable {
    let descriptor: CInt

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit { closeDescriptor(descriptor) }

    /// Writes everything, or as much as the other side takes before it breaks; the number of bytes.
    @discardableResult func write(_ bytes: [UInt8]) -> Int {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe apus_send_errno(descriptor, bytes.baseAddress! + written, bytes.count - written, false)
            }
            guard count > 0 else { break }
            written += count
        }
        return written
    }

    /// Reads so many bytes, or as many as come before the end.
    func read(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = unsafe apus_receive_errno(descriptor, buffer.baseAddress! + filled, count - filled)
                guard got > 0 else { break }
                filled += got
            }
        }
    }

    /// Reads to the end; the number of bytes, and the error that ended them, or 0.
    func readToEnd() -> (count: Int, error: CInt) {
        var total = 0
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { unsafe buffer.deallocate() }
        while true {
            let got = unsafe apus_receive_errno(descriptor, buffer, 1 << 16)
            guard got > 0 else { return (total, CInt(-got)) }
            total += got
        }
    }

    func end() { _ = shutdown(descriptor, CInt(SHUT_WR)) }

    /// Breaks the connection: the other side hears ECONNRESET.
    func reset() {
        _ = apus_reset_on_close_errno(descriptor)
        // The descriptor stays ours, and stands for nothing from now on.
        let null = apus_open_null()
        _ = dup2(null, descriptor)
        closeDescriptor(null)
    }
}

/// A listening TCP socket on a port of this machine that the system chooses.
@safe final class TestListener: Sendable {
    let descriptor: CInt
    private let port: in_port_t
    private let isOpen = Atomic<Bool>(true)

    init(backlog: CInt = 1024) throws {
        descriptor = apus_socket_errno(AF_INET, stream, 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, size) == 0 && listen(descriptor, backlog) == 0
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        try #require(isBound)
        port = address.sin_port
    }

    deinit { close() }

    /// Closes this descriptor of it; others live on.
    func close() {
        if isOpen.exchange(false, ordering: .relaxed) { closeDescriptor(descriptor) }
    }

    /// Another descriptor of it, for an endpoint to own.
    func duplicate() -> CInt { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }

    /// A socket that will connect.
    func makeSocket() -> Peer { Peer(socket(AF_INET, stream, 0)) }

    /// Connects; nil when that was refused.
    func connectPeer() -> Peer? {
        let peer = makeSocket()
        return connect(peer) ? peer : nil
    }

    func connect(_ peer: Peer) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port
        return unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                // A signal interrupts the waiting, not the connecting, which is waited for by asking again.
                while unsafe connectSocket(peer.descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) != 0 {
                    guard [EINTR, EALREADY].contains(errno) else { return errno == EISCONN }
                }
                return true
            }
        }
    }

    /// A connection: our end, non-blocking, and the peer's.
    func makePair() throws -> (ours: CInt, peer: Peer) {
        let peer = makeSocket()
        let isConnected = connect(peer)
        try #require(isConnected, "connect: \(SystemError(call: "connect").reason)")
        // The handshake is over on the peer's side; on ours the connection may take a moment longer.
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&ready, 1, 20_000)
        let ours = apus_accept_errno(descriptor, nil, nil)
        try #require(ours >= 0)
        return (ours, peer)
    }
}

/// A TCP connection over loopback: our end, non-blocking, and the peer's.
func tcpPair() throws -> (ours: CInt, peer: Peer) { try TestListener().makePair() }

/// A pair of Unix sockets: our end, non-blocking, and the peer's.
func socketPair() throws -> (ours: CInt, peer: Peer) {
    var ends: (CInt, CInt) = (-1, -1)
    let made = unsafe withUnsafeMutablePointer(to: &ends) { ends in
        unsafe ends.withMemoryRebound(to: CInt.self, capacity: 2) { unsafe socketpair(AF_UNIX, stream, 0, $0) }
    }
    try #require(made == 0)
    _ = apus_set_nonblocking_errno(ends.0)
    return (ends.0, Peer(ends.1))
}
