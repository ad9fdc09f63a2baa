import Apus
import ApusArguments
import ApusDashboard
import ApusHTTP
import ApusNet
import ApusRuntime

/// Asks an admin listener, with a connection for each question: so that it goes on when the server begins anew.
struct TopClient: Sendable {
    let place: TopPlace
    let token: String?
    let loop: EventLoop

    private static let patience = Duration.seconds(5)
    private static let mostBytes = 16 << 20

    /// The last sample, as JSON.
    ///
    /// - Throws: ``TopError``.
    func sample() async throws -> [UInt8] { try await get("/api/sample") }

    /// What has happened lately, oldest first.
    ///
    /// - Throws: ``TopError``.
    func news() async throws -> [DashboardNews] {
        let bytes = try await get("/api/news")
        do { return try DashboardNews.decode(bytes) } catch { throw TopError.stranger(place.text) }
    }

    private func get(_ path: String) async throws -> [UInt8] {
        let connection = try await connect()
        await connection.setTimeout(Self.patience)
        var request = "GET \(path) HTTP/1.1\r\nHost: \(place.authority)\r\nAccept: application/json\r\n"
        if let token { request += "Authorization: Bearer \(token)\r\n" }
        do {
            try await connection.write(request + "Connection: close\r\n\r\n")
            var received: [UInt8] = []
            while let buffer = try await connection.read() {
                unsafe buffer.bytes.withUnsafeBytes { unsafe received.append(contentsOf: $0) }
                guard received.count <= Self.mostBytes else { throw TopError.stranger(place.text) }
            }
            await connection.close()
            return try content(of: received)
        } catch let error as ConnectionError {
            throw TopError.silent(place.text, "\(error)")
        }
    }

    private func connect() async throws -> AsyncConnection {
        var options = ConnectOptions()
        options.timeout = Self.patience
        do {
            switch place {
            case .address(let host, let port):
                return try await AsyncConnection.connect(host: host, port: port, on: loop, options: options)
            case .unix(let path):
                return try await AsyncConnection.connect(to: .unix(path: path), on: loop, options: options)
            }
        } catch let error as SocketError {
            throw TopError.silent(place.text, "\(error)")
        }
    }

    /// The content of a whole response, if it is the right one.
    private func content(of bytes: [UInt8]) throws -> [UInt8] {
        let limits = HTTP1Limits(startLine: 8192, fieldLine: 16 << 10, fieldCount: 100, fieldSection: 64 << 10)
        var head = HTTP1ResponseHead(limits: limits)
        guard
            case .complete(let length) = unsafe HTTP1ResponseParser(limits: limits).parse(
                bytes.span.bytes, to: .get, into: &head)
        else { throw TopError.stranger(place.text) }
        switch head.status {
        case .ok: break
        case .unauthorized: throw TopError.tokenMissing(isGiven: token != nil)
        case .forbidden: throw TopError.forbidden(place.text)
        default: throw TopError.stranger(place.text)
        }
        var decoder = HTTP1BodyDecoder()
        decoder.begin(head)
        var rest = Array(bytes[length...])
        var content: [UInt8] = []
        while true {
            switch unsafe decoder.decode(rest.span.bytes) {
            case .data(let range, let consumed):
                content += rest[range]
                rest.removeFirst(consumed)
            case .end: return content
            case .needMore:
                guard decoder.connectionEnded() == nil else { throw TopError.stranger(place.text) }
                return content
            case .failure: throw TopError.stranger(place.text)
            }
        }
    }
}

/// Why there is nothing to show.
enum TopError: Error, Hashable, CustomStringConvertible {
    /// Nobody answers there.
    case silent(String, String)
    /// A token is wanted.
    case tokenMissing(isGiven: Bool)
    /// The name that was asked for is none of the server's.
    case forbidden(String)
    /// Somebody else answers.
    case stranger(String)
    /// The token's file can't be read.
    case tokenFile(String)

    /// What is wrong and what to do.
    var description: String {
        switch self {
        case .silent(let place, let why):
            "no dashboard answers at \(place) (\(why)): start the server with --admin, or name another place"
        case .tokenMissing(isGiven: false):
            "the dashboard wants a token: name its file with --token-file, or set APUS_ADMIN_TOKEN"
        case .tokenMissing(isGiven: true): "the dashboard wants another token than this one"
        case .forbidden(let place):
            "the dashboard does not answer to the name in \(place): ask for its address, or add the name to admin.names"
        case .stranger(let place): "what answers at \(place) is no dashboard of Apus: name the admin listener"
        case .tokenFile(let path): "the file of the token can't be read: \(path)"
        }
    }
}
