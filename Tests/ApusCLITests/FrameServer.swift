import ApusHTTP
import ApusNet
import ApusRuntime

/// A server of HTTP/2 that does as a test says: greets, and calls `answer` for each request.
final class FrameServer: ConnectionHandler {
    /// What is done for a request.
    typealias Answer = @Sendable (FrameServer, HTTP2StreamID) -> Void

    private var reader = HTTP2FrameReader(role: .server)
    private var encoder = HPACKEncoder()
    private var hasPreface = false
    private let settings: HTTP2Settings
    private let answer: Answer
    private(set) var connection: Connection?
    /// Requests so far, and those not answered.
    private(set) var requests = 0
    var open = 0

    init(_ settings: HTTP2Settings = .server, _ answer: @escaping Answer) {
        self.settings = settings
        self.answer = answer
    }

    func connected(_ connection: Connection) {
        self.connection = connection
        write { $0.appendHTTP2Settings(self.settings) }
    }

    func closed(_ connection: Connection, error: SystemError?) { self.connection = nil }

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        var offset = 0
        if !hasPreface {
            guard bytes.byteCount >= HTTP2Preface.size else { return 0 }
            hasPreface = true
            offset = HTTP2Preface.size
        }
        while connection.isOpen {
            switch reader.next(in: bytes, from: &offset) {
            case .headers(let fragment):
                requests += 1
                open += 1
                answer(self, fragment.stream)
            case .settings: write { $0.appendHTTP2SettingsAck() }
            case .needMore: return offset
            default: break
            }
        }
        return bytes.byteCount
    }

    /// Answers with 200 and no content.
    func respond(to stream: HTTP2StreamID) {
        open -= 1
        write { buffer in
            let mark = buffer.beginHTTP2Headers(stream: stream, endsStream: true)
            self.encoder.begin(&buffer)
            self.encoder.append(.ok, to: &buffer)
            buffer.endHTTP2Headers(mark, maxFrameSize: 1 << 14)
        }
    }

    func write(_ body: (inout Buffer) -> Void) {
        var buffer = Buffer(capacity: 512)
        body(&buffer)
        connection?.write(buffer.bytes)
    }
}
