import ApusNet
import Glibc

/// A blocking client that sends bytes as they are and shows what comes back; every wait ends after thirty seconds.
final class RawClient {
    let socket: CInt

    /// - Parameter receiveBuffer: What the system keeps for this side at most, in bytes; its own choice when nil.
    init(_ address: SocketAddress, receiveBuffer: CInt? = nil) throws {
        guard case .ipv4(let host, let port) = address else { throw ClientError.address }
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            _ = unsafe setsockopt(
                socket, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<CInt>.size))
        }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        _ = unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        _ = unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var one: CInt = 1
        _ = unsafe setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        var system = sockaddr_in()
        system.sin_family = sa_family_t(AF_INET)
        system.sin_port = port.bigEndian
        system.sin_addr.s_addr = host.value.bigEndian
        let failed = unsafe withUnsafePointer(to: &system) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if failed != 0 {
            guard errno == EINTR else { throw ClientError.connect(errno) }
            try finishConnecting()
        }
    }

    /// A signal does not end what `connect` has begun (POSIX): it is done when the socket can be written to.
    private func finishConnecting() throws {
        var wanted = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        while unsafe poll(&wanted, 1, -1) < 0 {}
        var failure: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        _ = unsafe getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &size)
        if failure != 0 { throw ClientError.connect(failure) }
    }

    deinit { close(socket) }

    enum ClientError: Error { case address, connect(CInt), receive(CInt), timeout, reset, ended }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) { sendAll(socket, bytes) }

    /// Sends on a thread of its own, so that a large content and its answer can pass one another.
    func sendInBackground(_ bytes: [UInt8]) {
        let work = BackgroundSend(dup(socket), bytes)
        var thread = pthread_t()
        _ = unsafe pthread_create(
            &thread, nil,
            { argument in
                let work = unsafe Unmanaged<BackgroundSend>.fromOpaque(argument!).takeRetainedValue()
                sendAll(work.socket, work.bytes)
                close(work.socket)
                return nil
            }, Unmanaged.passRetained(work).toOpaque())
        pthread_detach(thread)
    }

    func endSending() { shutdown(socket, CInt(SHUT_WR)) }

    /// Whether the server has reset the connection, whatever waits to be read.
    var isReset: Bool {
        var item = pollfd(fd: socket, events: 0, revents: 0)
        return unsafe poll(&item, 1, 0) == 1 && Int32(item.revents) & (POLLERR | POLLHUP) != 0
    }

    /// Ends the connection with a reset, and leaves the descriptor open: a connection to nowhere in particular is none
    /// (connect(2), AF_UNSPEC).
    func reset() {
        var nowhere = sockaddr_in()
        nowhere.sin_family = sa_family_t(AF_UNSPEC)
        _ = unsafe withUnsafePointer(to: &nowhere) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Some bytes; nil at the end.
    func receive() throws -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let got = unsafe recv(socket, &chunk, chunk.count, 0)
            let failure = errno
            if got > 0 { return Array(chunk[..<got]) }
            if got == 0 { return nil }
            switch failure {
            case EINTR: continue
            case ECONNRESET: throw ClientError.reset
            case EAGAIN: throw ClientError.timeout
            default: throw ClientError.receive(failure)
            }
        }
    }

    /// Everything until the peer closes, as bytes.
    func receiveBytes() throws -> [UInt8] {
        var all = pending
        pending = []
        while let chunk = try receive() { all += chunk }
        return all
    }

    /// Everything until the peer closes.
    func receiveAll() throws -> String {
        String(decoding: try receiveBytes(), as: UTF8.self)
    }

    private var pending: [UInt8] = []

    /// What was received behind the last response.
    func takePending() -> [UInt8] {
        defer { pending = [] }
        return pending
    }

    private func fill() throws {
        guard let chunk = try receive() else { throw ClientError.ended }
        pending += chunk
    }

    /// One response: its head, and its content by Content-Length or chunks.
    func response(toHead: Bool = false) throws -> Answer {
        var end: Int?
        while end == nil {
            end = pending.indices.first {
                $0 + 4 <= pending.count && pending[$0..<$0 + 4].elementsEqual([13, 10, 13, 10])
            }
            if end == nil { try fill() }
        }
        let head = String(decoding: pending[..<end!], as: UTF8.self)
        pending.removeSubrange(..<(end! + 4))
        var answer = Answer(head: head)
        if toHead || answer.status < 200 || answer.status == 204 || answer.status == 304 { return answer }
        if answer["transfer-encoding"] == "chunked" {
            while true {
                let size = Int(try line(), radix: 16) ?? -1
                if size <= 0 { break }
                answer.body += try bytes(size)
                _ = try line()
            }
            while true {
                let trailer = try line()
                if trailer.isEmpty { break }
                answer.trailers.append(trailer)
            }
        } else if let length = answer["content-length"].flatMap({ Int($0) }) {
            answer.body = try bytes(length)
        }
        return answer
    }

    /// The head of a response whose content is read by ``chunk()``.
    func headOnly() throws -> Answer { try response(toHead: true) }

    /// The next chunk of a chunked content as soon as it is here; empty for the last one.
    func chunk() throws -> [UInt8] {
        let size = Int(try line(), radix: 16) ?? 0
        if size == 0 { return [] }
        let content = try bytes(size)
        _ = try line()
        return content
    }

    private func line() throws -> String {
        while true {
            if let end = pending.indices.first(where: { pending[$0] == 13 && $0 + 1 < pending.count }) {
                let text = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(..<(end + 2))
                return text
            }
            try fill()
        }
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        while pending.count < count { try fill() }
        defer { pending.removeSubrange(..<count) }
        return Array(pending[..<count])
    }
}

private final class BackgroundSend {
    let socket: CInt
    let bytes: [UInt8]
    init(_ socket: CInt, _ bytes: [UInt8]) {
        self.socket = socket
        self.bytes = bytes
    }
}

/// A response as a client sees it.
struct Answer {
    var status: Int
    var fields: [(name: String, value: String)]
    var body: [UInt8] = []
    var trailers: [String] = []

    init(head: String) {
        let lines = head.split(separator: "\r\n")
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        fields = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":")!
            return (line[..<colon].lowercased(), String(line[line.index(colon, offsetBy: 2)...]))
        }
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
    var text: String { String(decoding: body, as: UTF8.self) }
}

func sendAll(_ socket: CInt, _ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
        let count = unsafe bytes[sent...].withUnsafeBytes {
            unsafe send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return }
        sent += count
    }
}
